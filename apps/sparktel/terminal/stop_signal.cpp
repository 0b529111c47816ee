#include "apps/sparktel/terminal/stop_signal.h"

#include <sys/select.h>
#include <cerrno>
#include <cmath>
#include <ctime>
#include <string>

#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

volatile std::sig_atomic_t is_requested = 0;

void request(int) { is_requested = 1; }

}  // namespace

StopSignal::StopSignal() {
  is_requested = 0;
  struct sigaction action {};
  action.sa_handler = &request;
  ::sigaction(SIGINT, &action, &old_interrupt_);
  ::sigaction(SIGTERM, &action, &old_terminate_);
  ::sigaction(SIGHUP, &action, &old_hangup_);
}

StopSignal::~StopSignal() {
  ::sigaction(SIGINT, &old_interrupt_, nullptr);
  ::sigaction(SIGTERM, &old_terminate_, nullptr);
  ::sigaction(SIGHUP, &old_hangup_, nullptr);
  is_requested = 0;
}

bool StopSignal::requested() const noexcept { return is_requested != 0; }

void StopSignal::check(const char* left) const {
  if (requested()) throw Error(ErrorCode::cancelled, std::string("interrupted: ") + left);
}

void check_stop() {
  if (is_requested != 0) throw Error(ErrorCode::cancelled, "interrupted while it waited");
}

void StopSignal::wait(Seconds time) const {
  // Blocked until pselect takes the mask away, so that a signal between the look and the waiting is not missed.
  sigset_t all;
  sigset_t before;
  sigemptyset(&all);
  sigaddset(&all, SIGINT);
  sigaddset(&all, SIGTERM);
  sigaddset(&all, SIGHUP);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  if (!requested()) {
    const double whole = std::floor(time.count());
    const timespec duration{.tv_sec = static_cast<time_t>(whole),
                            .tv_nsec = static_cast<long>((time.count() - whole) * 1e9)};
    ::pselect(0, nullptr, nullptr, nullptr, &duration, &before);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace spark::sparktel
