#include "spark/async/when_all.h"

namespace spark {

Task<void> when_all(std::vector<Task<void>> tasks) {
  TaskGroup group(OnFailure::cancel_others);
  for (Task<void>& task : tasks) group.spawn(std::move(task));
  co_await group.join();
}

}  // namespace spark
