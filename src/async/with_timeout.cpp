#include "spark/async/with_timeout.h"

#include <atomic>
#include <cstdio>
#include <string>

#include "spark/async/sleep.h"
#include "spark/async/task_group.h"
#include "spark/base/error.h"

namespace spark::detail {

namespace {

// What happened first; lives in the waiting task's frame, which stays there until both branches have ended.
struct Limited {
  enum class First { nothing, result, exception, timeout };

  // What comes first ends the other one.
  void happened(First what) noexcept {
    First before = First::nothing;
    if (first.compare_exchange_strong(before, what)) group.cancel();
  }

  TaskGroup group;
  std::atomic<First> first{First::nothing};
};

Task<void> run_to_limit(Task<void> task, Limited& limited) {
  try {
    co_await std::move(task);
  } catch (...) {
    limited.happened(Limited::First::exception);
    throw;
  }
  limited.happened(Limited::First::result);
}

Task<void> end_after(Seconds limit, Limited& limited) {
  try {
    co_await sleep_for(limit);
  } catch (const Error&) {
    co_return;  // cancelled: what the task throws counts
  }
  limited.happened(Limited::First::timeout);
}

[[noreturn]] void throw_timeout(const std::string& what, Seconds limit) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", limit.count());
  throw Error(ErrorCode::timeout, what + " did not end within " + text + " s");
}

}  // namespace

Task<void> run_with_timeout(Task<void> task, Seconds limit, std::string what) {
  if (!(limit > Seconds(0))) throw_timeout(what, limit);
  Limited limited;
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
