#include "spark/async/cancellation.h"

#include "async/chain.h"
#include "spark/base/error.h"

namespace spark {

bool is_cancelled() noexcept {
  const detail::Chain* const chain = detail::tls_current_chain;
  return chain != nullptr && chain->is_cancelled();
}

void throw_if_cancelled() {
  if (is_cancelled()) throw Error(ErrorCode::cancelled, "the task was cancelled");
}

}  // namespace spark
