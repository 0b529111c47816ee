// The context slot is a small opaque value that belongs to "what runs now". Each thread has one; the executor of async/
// saves and restores it around every resumption, so that it follows a coroutine from thread to thread. What is in it is
// the business of telemetry/; below and beside, it is six words to copy.
#pragma once

#include <array>
#include <cstdint>

namespace spark {

// Not initialized by default: a span holds two of them and writes them itself. `ContextSlot slot{}` is the empty one.
struct ContextSlot {
  std::array<std::uint64_t, 4> words;
  std::uint32_t flags;
  // Which coroutine chain is running: 0 outside of any, otherwise a number that async/ gives each branch. It tells a
  // span that ends by its scope from one whose frame is destroyed while suspended.
  std::uint32_t chain;
  // What came with the request that is served here, or was added to it: a number under which propagation/ keeps it, 0
  // for nothing.
  std::uint64_t carried;

  bool operator==(const ContextSlot&) const = default;
};

namespace detail {
// Constant-initialized and trivially destructible: access is one thread-relative address, valid even while the thread's
// other objects are being destroyed.
extern constinit thread_local ContextSlot tls_context_slot;
}  // namespace detail

// The calling thread's slot. The reference is valid on this thread only: never keep it across a suspension.
[[nodiscard]] inline ContextSlot& context_slot() noexcept { return detail::tls_context_slot; }

}  // namespace spark
