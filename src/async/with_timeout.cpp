#include "spark/async/with_timeout.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "async/chain.h"
#include "async/time_after.h"
#include "spark/async/executor.h"
#include "spark/async/sleep.h"
#include "spark/async/task_group.h"
#include "spark/base/error.h"

namespace spark::detail {

namespace {

// What happened first; lives in the waiting task's frame, which stays there until both branches have ended.
struct Limited {
  enum class First { nothing, result, exception, timeout };

  void note(First what) noexcept {
    First before = First::nothing;
    first.compare_exchange_strong(before, what);
  }

  const std::chrono::nanoseconds deadline;  // on the executor's clock
  // The group itself cancels the sleep with the task's exception, after it has taken it: cancelled by anybody else, the
  // sleep might end first, and its Error(cancelled) would be what the group tells.
  TaskGroup group{OnFailure::cancel_others};
  std::atomic<First> first{First::nothing};
};

Task<void> run_to_limit(Task<void> task, Limited& limited) {
  Chain& chain = *tls_current_chain;
  chain.deadline = std::min(chain.deadline, limited.deadline);
  std::exception_ptr exception;
  try {
    co_await std::move(task);
  } catch (...) {
    exception = std::current_exception();
  }
  // The timer may not have had a thread to fire on.
  const bool is_late = current_clock().steady_now() > limited.deadline;
  const auto ended = exception ? Limited::First::exception : Limited::First::result;
  limited.note(is_late ? Limited::First::timeout : ended);
  if (exception) std::rethrow_exception(exception);
  limited.group.cancel();
}

Task<void> end_after(Seconds limit, Limited& limited) {
  try {
    co_await sleep_for(limit);
  } catch (const Error&) {
    co_return;  // cancelled: what the task throws counts
  }
  limited.note(Limited::First::timeout);
  limited.group.cancel();
}

[[noreturn]] void throw_timeout(const std::string& what, Seconds limit) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", limit.count());
  throw Error(ErrorCode::timeout, what + " did not end within " + text + " s");
}

}  // namespace

Task<void> run_with_timeout(Task<void> task, Seconds limit, std::string what) {
  if (!(limit > Seconds(0))) throw_timeout(what, limit);
  Limited limited{.deadline = time_after(current_clock().steady_now(), limit)};
  limited.group.spawn(run_to_limit(std::move(task), limited));
  limited.group.spawn(end_after(limit, limited));
  try {
    co_await limited.group.join();
  } catch (...) {
    // With a result, it is the sleep that was cancelled before it began.
    const Limited::First first = limited.first;
    if (first != Limited::First::result && first != Limited::First::timeout) throw;
  }
  if (limited.first == Limited::First::timeout) throw_timeout(what, limit);
}

}  // namespace spark::detail
