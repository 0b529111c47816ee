#include "async/chain.h"

#include <thread>

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

constinit thread_local Chain* tls_current_chain = nullptr;

Chain::Chain(ExecutorState& its_executor, const TelemetryContext& inherited, Cancellable cancellable) noexcept
    : executor(its_executor),
      slot(inherited.slot(next_chain_number())),
      is_cancellable(cancellable == Cancellable::yes) {}

Chain::~Chain() { forget_ended_spans(slot.chain); }

void Chain::tell_unless_running() noexcept {
  while (!running.try_lock()) {
    // Who runs it finds the bit, which is set already. Without the running bit, it is about to enter or has
    // just left: a few instructions.
    if ((bits.load(std::memory_order_acquire) & running_bit) != 0) return;
    std::this_thread::yield();
  }
  tell();
  running.unlock();
}

}  // namespace spark::detail
