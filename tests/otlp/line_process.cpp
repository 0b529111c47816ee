#include "otlp/line_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace spark::testing {

LineProcess::LineProcess(std::vector<std::string> command) : name_(command.at(0)) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  // A socket: writing to a pipe that nobody reads any more would be a signal.
  const bool is_open =
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input.data()) == 0 && ::pipe2(output.data(), O_CLOEXEC) == 0;
  if (!is_open) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  std::vector<char*> pointers;
  for (std::string& argument : command) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const int error = ::posix_spawn(&child_, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  if (error != 0) {
    ::close(input[1]);
    ::close(output[0]);
    throw std::runtime_error("cannot start " + command[0]);
  }
  to_child_ = input[1];
  from_child_ = output[0];
  reader_ = std::thread([this] { read_lines(); });
}

LineProcess::~LineProcess() { finish(); }

std::vector<std::string> LineProcess::finish() {
  if (child_ == 0) return {};
  ::close(to_child_);
  int status = 0;
  ::waitpid(std::exchange(child_, 0), &status, 0);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  reader_.join();
  ::close(from_child_);
  const auto lines = std::exchange(lines_, {});
  return {lines.begin(), lines.end()};
}

void LineProcess::read_lines() {
  std::string buffer;
  std::size_t searched = 0;
  char bytes[65'536];
  for (ssize_t count = 0; (count = ::read(from_child_, bytes, sizeof bytes)) > 0;) {
    buffer.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = buffer.find('\n', searched)) != std::string::npos; buffer.erase(0, end + 1)) {
      searched = 0;
      const std::lock_guard lock(mutex_);
      lines_.push_back(buffer.substr(0, end));
      changed_.notify_all();
    }
    searched = buffer.size();
  }
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void LineProcess::write_line(const std::string& line) {
  const std::string whole = line + "\n";
  for (std::string_view rest = whole; !rest.empty();) {
    const ssize_t count = ::send(to_child_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) throw std::runtime_error(name_ + " ended");
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string LineProcess::next_line() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !lines_.empty() || has_ended_; });
  if (lines_.empty()) throw std::runtime_error(name_ + " ended");
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

}  // namespace spark::testing
