// While a StopSignal lives, an interrupt (Ctrl-C), a request to terminate or the loss of the terminal does not end the
// process but is remembered, so that what is going on can end in order. One at a time; restores what was before. A
// signal that was ignored, as under nohup, stays so. For the main thread.
#pragma once

#include <csignal>

#include "spark/base/clock.h"

namespace spark::sparktel {

class StopSignal {
 public:
  StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();

  [[nodiscard]] bool requested() const noexcept;
  // Throws Error(cancelled) if a stop was requested; `left` says what was left undone.
  void check(const char* left) const;
  // Returns after this time, or as soon as a stop is requested.
  void wait(Seconds time) const;

 private:
  struct sigaction old_interrupt_ {};
  struct sigaction old_terminate_ {};
  struct sigaction old_hangup_ {};
};

// Waits until the descriptor can be read or written (poll's events), so that the call that follows does not wait where
// a signal before it would be missed. Throws Error(cancelled) if a stop is requested of the StopSignal that lives.
void wait_until_ready(int descriptor, short events);

// Ends the process as other programs end when nobody reads what they write: by SIGPIPE and without a word. For who has
// got EPIPE of standard output and left nothing half done.
[[noreturn]] void end_by_broken_pipe();

}  // namespace spark::sparktel
