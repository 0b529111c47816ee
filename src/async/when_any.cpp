#include "spark/async/when_any.h"

#include "spark/base/error.h"

namespace spark::detail {

Task<void> join_race(TaskGroup& group, const std::atomic<std::size_t>& winner) {
  try {
    co_await group.join();
  } catch (...) {
    if (winner == nobody) throw;
  }
}

void throw_no_tasks() { throw Error(ErrorCode::invalid_argument, "when_any was given no tasks, so none can win"); }

}  // namespace spark::detail
