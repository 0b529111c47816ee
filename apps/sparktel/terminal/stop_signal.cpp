#include "apps/sparktel/terminal/stop_signal.h"

#include <poll.h>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>

#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

volatile std::sig_atomic_t is_requested = 0;

void request(int) { is_requested = 1; }

// What is ignored on purpose, as by nohup, stays ignored.
void take(int signal, struct sigaction* old) {
  ::sigaction(signal, nullptr, old);
  if (old->sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = &request;
  ::sigaction(signal, &action, nullptr);
}

// The signals are blocked until ppoll takes the mask away, so that one between the look and the waiting is not missed.
// False with errno if it failed; of EINTR only where no stop is requested.
bool poll_unless_stopped(std::span<pollfd> waited, const timespec* time) {
  sigset_t all;
  sigset_t before;
  sigemptyset(&all);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&all, signal);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const bool is_polled = is_requested != 0 || ::ppoll(waited.data(), waited.size(), time, &before) >= 0;
  const int error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return is_polled || is_requested != 0;
}

}  // namespace

StopSignal::StopSignal() {
  is_requested = 0;
  take(SIGINT, &old_interrupt_);
  take(SIGTERM, &old_terminate_);
  take(SIGHUP, &old_hangup_);
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

void wait_until_ready(int descriptor, short events) {
  pollfd waited{.fd = descriptor, .events = events, .revents = 0};
  // Any other failure is that of the call for which the caller waits.
  while (!poll_unless_stopped(std::span(&waited, 1), nullptr) && errno == EINTR) continue;
  if (is_requested != 0) throw Error(ErrorCode::cancelled, "interrupted while it waited");
}

void end_by_broken_pipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(128 + SIGPIPE);  // it is blocked
}

void StopSignal::wait(Seconds time) const {
  const double whole = std::floor(time.count());
  const timespec duration{.tv_sec = static_cast<time_t>(whole),
                          .tv_nsec = static_cast<long>((time.count() - whole) * 1e9)};
  poll_unless_stopped({}, &duration);
}

}  // namespace spark::sparktel
