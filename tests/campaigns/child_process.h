// A child process for campaigns: forked before this process has any thread or open database, it runs a function and
// reports lines through a pipe. Ends with its owner, killed if need be.
//
// The child ends with the function's result, by _exit: nothing of the parent's is destroyed in it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

namespace spark::testing {

// The child's side.
class Parent {
 public:
  Parent(int report_to, int stop_from) noexcept : report_to_(report_to), stop_from_(stop_from) {}
  // One line, whole or, if the process is killed, not at all.
  void report(const std::string& line) const;
  // True once the parent has asked for the end; waits for it this long.
  [[nodiscard]] bool wants_stop(std::chrono::milliseconds wait = {}) const;

 private:
  int report_to_;
  int stop_from_;
};

class ChildProcess {
 public:
  // What it throws is printed, and is result 1.
  using Body = std::function<int(const Parent&)>;

  explicit ChildProcess(const Body& body);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // The next line; empty when the child has ended and all was read. Throws if nothing comes for minutes.
  [[nodiscard]] std::optional<std::string> next_line();
  void ask_to_stop();
  void kill();  // SIGKILL
  // Its exit code, or minus the signal that ended it.
  int wait();

 private:
  pid_t pid_ = -1;  // -1: waited for
  int report_from_ = -1;
  int stop_to_ = -1;
  std::string read_;
};

}  // namespace spark::testing
