// What telemetry/ keeps for each thread: which ring it writes to, and whether it is one of ours. Constant-initialized
// and trivially destructible, so that it can be read at any time in a thread's life.
#pragma once

#include <csignal>

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
