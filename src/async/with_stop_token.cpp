#include "spark/async/with_stop_token.h"

#include "spark/async/task_group.h"

namespace spark::detail {

Task<void> run_with_stop_token(Task<void> task, std::stop_token stop) {
  TaskGroup group;
  // Its destructor waits for a call that is under way on another thread.
  const std::stop_callback cancel(std::move(stop), [&group]() noexcept { group.cancel(); });
  group.spawn(std::move(task));
  co_await group.join();
}

}  // namespace spark::detail
