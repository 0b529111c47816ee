#include "spark/base/context_slot.h"

namespace spark::detail {

constinit thread_local ContextSlot tls_context_slot{};

}  // namespace spark::detail
