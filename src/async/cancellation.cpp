#include "spark/async/cancellation.h"

#include "async/chain.h"
#include "async/executor_state.h"
#include "spark/base/error.h"

namespace spark {

bool is_cancelled() noexcept {
  const detail::Chain* const chain = detail::tls_current_chain;
  if (chain == nullptr) return false;
  if (chain->is_cancelled()) return true;
  // Only past the deadline: at that very instant the timer decides.
  return chain->deadline != std::chrono::nanoseconds::max() && chain->executor.clock().steady_now() > chain->deadline;
}

void throw_if_cancelled() {
  if (is_cancelled()) throw Error(ErrorCode::cancelled, "the task was cancelled");
}

}  // namespace spark
