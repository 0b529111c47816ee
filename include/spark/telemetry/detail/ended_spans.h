// Who becomes current when spans do not end in the reverse order of their beginning. A span that ends while another one
// is current leaves a note here: whoever restores it as the span before must restore the one before that instead.
//
// Contexts belong to a thread or, in coroutines, to a chain, and so do the notes: those of a chain are found from
// whichever thread resumes it. A note is used up by the end it waits for. Private to telemetry/ and async/.
#pragma once

#include <atomic>
#include <cstdint>

#include "spark/base/context_slot.h"

namespace spark::detail {

struct EndedSpan {
  ContextSlot installed;
  ContextSlot previous;
};

// A thread's notes. A few suffice: spans that end in the order in which they began need one. Beyond that the oldest are
// forgotten. Constant-initialized and trivially destructible.
struct EndedSpans {
  static constexpr unsigned capacity = 16;

  unsigned count = 0;
  EndedSpan notes[capacity] = {};
};
extern constinit thread_local EndedSpans ended_spans;
// Of all chains together.
extern constinit std::atomic<std::uint32_t> ended_spans_of_chains;

void settle_slowly(ContextSlot& slot) noexcept;

// `installed` was a span's and has ended without being current.
void note_ended(const ContextSlot& installed, const ContextSlot& previous) noexcept;
// While `slot` is that of an ended span, it becomes the one before.
inline void settle(ContextSlot& slot) noexcept {
  if (ended_spans.count != 0 || ended_spans_of_chains.load(std::memory_order_relaxed) != 0) [[unlikely]] {
    settle_slowly(slot);
  }
}
// The chain has ended, and its notes with it.
void forget_ended_spans(std::uint32_t chain) noexcept;

}  // namespace spark::detail
