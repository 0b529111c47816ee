#include "apps/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "backends/temporary_directory.h"

namespace spark::testing {

namespace {

std::vector<std::string> child_environment(const std::vector<std::string>& added) {
  constexpr std::array<std::string_view, 4> left_out{"COLUMNS=", "NO_COLOR=", "TERM=", "SPARK_TELEMETRY="};
  std::vector<std::string> result = added;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    bool is_left_out = false;
    for (const std::string_view name : left_out) is_left_out = is_left_out || text.starts_with(name);
    if (!is_left_out) result.emplace_back(text);
  }
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Standard output and error to files that exist or are made.
pid_t start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
            const std::string& out, const std::string& error) {
  std::vector<std::string> words{SPARK_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = child_environment(environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_NOCTTY, 0600);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, error.c_str(), O_WRONLY | O_CREAT | O_NOCTTY, 0600);
  pid_t child = 0;
  const int result =
      ::posix_spawn(&child, SPARK_PROGRAM, &actions, nullptr, pointers_to(words).data(), pointers_to(variables).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (result != 0) throw std::system_error(result, std::generic_category(), "cannot start " SPARK_PROGRAM);
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) == -1) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

ChildResult run_sparktel(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  const TemporaryDirectory directory;
  const std::string out = directory.file("out");
  const std::string error = directory.file("error");
  ChildResult result;
  result.exit_code = wait_for(start(arguments, environment, out, error));
  result.out = read_file(out);
  result.error = read_file(error);
  return result;
}

ChildResult run_sparktel_to(const std::string& path, const std::vector<std::string>& arguments) {
  const TemporaryDirectory directory;
  const std::string error = directory.file("error");
  ChildResult result;
  result.exit_code = wait_for(start(arguments, {}, path, error));
  result.error = read_file(error);
  return result;
}

ChildResult run_sparktel_on_terminal(const std::vector<std::string>& arguments, unsigned short columns,
                                     const std::vector<std::string>& environment) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal == -1 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a terminal");
  }
  const winsize size{.ws_row = 50, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(terminal, TIOCSWINSZ, &size);
  const std::string name = ::ptsname(terminal);
  // Held open, so that reading does not fail before the child has opened it.
  const int held = ::open(name.c_str(), O_RDWR | O_NOCTTY);
  ChildResult result;
  const pid_t child = start(arguments, environment, name, name);
  ::close(held);
  std::array<char, 4096> buffer;
  // Ends with EIO when the child has closed its side.
  for (ssize_t bytes = 0; (bytes = ::read(terminal, buffer.data(), buffer.size())) > 0;) {
    result.out.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  ::close(terminal);
  result.exit_code = wait_for(child);
  return result;
}

RunningSparktel::RunningSparktel(const std::vector<std::string>& arguments)
    : child_(start(arguments, {}, directory_.file("out"), directory_.file("error"))) {}

RunningSparktel::~RunningSparktel() {
  if (child_ == 0) return;
  ::kill(child_, SIGKILL);
  static_cast<void>(wait_for(child_));
}

void RunningSparktel::send(int signal) const { ::kill(child_, signal); }

// The child makes both before it runs, but maybe after this is asked for the first time.
std::string RunningSparktel::out() const {
  std::ifstream file(directory_.file("out"), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string RunningSparktel::error() const {
  std::ifstream file(directory_.file("error"), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

ChildResult RunningSparktel::wait() {
  ChildResult result;
  result.exit_code = wait_for(std::exchange(child_, 0));
  result.out = out();
  result.error = error();
  return result;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace spark::testing
