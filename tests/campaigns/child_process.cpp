#include "campaigns/child_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <utility>

namespace spark::testing {
namespace {

constexpr int patience_ms = 300'000;

}  // namespace

void Parent::report(const std::string& line) const {
  // Short writes to a pipe are never torn.
  const std::string text = line + "\n";
  if (::write(report_to_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(3);
}

bool Parent::wants_stop(std::chrono::milliseconds wait) const {
  struct pollfd descriptor {
    .fd = stop_from_, .events = POLLIN, .revents = 0
  };
  return ::poll(&descriptor, 1, static_cast<int>(wait.count())) == 1;
}

ChildProcess::ChildProcess(const Body& body) {
  int report[2], stop[2];
  if (::pipe(report) != 0 || ::pipe(stop) != 0) throw std::runtime_error("cannot make a pipe");
  std::fflush(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::close(report[0]);
    ::close(stop[1]);
    int result = 1;
    try {
      result = body(Parent(report[1], stop[0]));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "process %d: %s\n", ::getpid(), error.what());
    }
    ::_exit(result);
  }
  ::close(report[1]);
  ::close(stop[0]);
  report_from_ = report[0];
  stop_to_ = stop[1];
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    kill();
    wait();
  }
  ::close(report_from_);
  ::close(stop_to_);
}

std::optional<std::string> ChildProcess::next_line() {
  for (;;) {
    if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    struct pollfd descriptor {
      .fd = report_from_, .events = POLLIN, .revents = 0
    };
    if (::poll(&descriptor, 1, patience_ms) != 1) throw std::runtime_error("the child process says nothing");
    char buffer[4'096];
    const ssize_t size = ::read(report_from_, buffer, sizeof buffer);
    if (size <= 0) return std::nullopt;
    read_.append(buffer, static_cast<std::size_t>(size));
  }
}

void ChildProcess::ask_to_stop() {
  if (::write(stop_to_, "x", 1) != 1) throw std::runtime_error("cannot ask the child process to stop");
}

void ChildProcess::kill() { ::kill(pid_, SIGKILL); }

int ChildProcess::wait() {
  int status = 0;
  if (::waitpid(std::exchange(pid_, -1), &status, 0) < 0) throw std::runtime_error("cannot wait for the child process");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace spark::testing
