// What telemetry/ keeps for each thread: which ring it writes to, and whether it is one of ours. Constant-initialized
// and trivially destructible, so that it can be read at any time in a thread's life.
#pragma once

#include <csignal>

#include "spark/base/context_slot.h"

namespace spark::detail {

class Core;
class Ring;

struct ThreadState {
  // The ring used last, and whose it is.
  Core* core;
  Ring* ring;
  // A drainer's or a sink's: what it would record about recording is suppressed.
  bool is_telemetry_thread;
  // The C++ runtime's count of exceptions that leave scopes now. Null until first asked for.
  const unsigned* uncaught_exceptions;
};
extern constinit thread_local ThreadState thread_state;

// Spans that ended on this thread while another span was current: whoever restores one of them as the span before must
// restore the one before that instead. A few suffice, since an entry is used up by the next end in proper order; beyond
// that the oldest are forgotten. Constant-initialized.
struct EndedSpans {
  static constexpr unsigned capacity = 8;
  struct Entry {
    ContextSlot installed;
    ContextSlot previous;
  };
  unsigned count = 0;
  Entry entries[capacity] = {};

  void add(const ContextSlot& installed, const ContextSlot& previous) noexcept;
  // True: `slot` was that of an ended span and is now the one before it.
  bool replace(ContextSlot& slot) noexcept;
  // The same until it is that of none.
  void settle(ContextSlot& slot) noexcept {
    while (count != 0 && replace(slot)) {
    }
  }
};
extern constinit thread_local EndedSpans ended_spans;

const unsigned* find_uncaught_exceptions() noexcept;

// As std::uncaught_exceptions(), without its two calls into shared libraries: they were a tenth of a bare span.
[[nodiscard]] inline unsigned uncaught_exceptions() noexcept {
  const unsigned* count = thread_state.uncaught_exceptions;
  if (count == nullptr) [[unlikely]]
    count = find_uncaught_exceptions();
  return *count;
}

// Blocks all signals on this thread for a scope: threads started in it inherit that.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t previous_;
};

}  // namespace spark::detail
