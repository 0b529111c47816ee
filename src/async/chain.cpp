#include "async/chain.h"

#include "spark/telemetry/detail/ended_spans.h"

namespace spark::detail {

namespace {

constinit std::atomic<std::uint32_t> last_chain{0};

std::uint32_t next_chain_number() noexcept {
  // Zero means "outside of any chain", also after four thousand million of them.
  for (;;) {
    const std::uint32_t number = last_chain.fetch_add(1, std::memory_order_relaxed) + 1;
    if (number != 0) return number;
  }
}

}  // namespace

Chain::Chain(ExecutorState& its_executor, const TelemetryContext& inherited) noexcept
    : executor(its_executor), slot(inherited.slot(next_chain_number())) {}

Chain::~Chain() { forget_ended_spans(slot.chain); }

}  // namespace spark::detail
