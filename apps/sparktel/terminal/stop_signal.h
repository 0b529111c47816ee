// While a StopSignal lives, an interrupt (Ctrl-C), a request to terminate or the loss of the terminal does not end the
// process but is remembered, so that what is going on can end in order. One at a time; restores what was before. For
// the main thread.
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

// For whoever waits in a system call that a signal has interrupted. Throws Error(cancelled) if a stop was requested of
// the StopSignal that lives; does nothing without one.
void check_stop();

}  // namespace spark::sparktel
