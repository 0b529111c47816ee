// A program as a child process that talks in lines on its standard output and ends when its standard input does: how
// tests run servers and clients that are written in other languages.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace spark::testing {

class LineProcess {
 public:
  // Program (a path) and arguments. Throws std::runtime_error if it cannot be started. It ends with its scope.
  explicit LineProcess(std::vector<std::string> command);
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  // The next line that nobody has read yet. Waits for it; throws std::runtime_error if the program has ended instead.
  [[nodiscard]] std::string next_line();
  // To its standard input. Throws std::runtime_error if it has ended.
  void write_line(const std::string& line);
  // Ends its input, waits for its end, and gives what nobody has read.
  std::vector<std::string> finish();
  // Once it has ended; minus the signal if one ended it.
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  void read_lines();

  std::string name_;
  pid_t child_ = 0;  // 0: waited for
  int to_child_ = -1;
  int from_child_ = -1;
  int exit_code_ = 0;
  // Lines are read as they come: a full pipe would make the program wait, and whoever waits for the program with it.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  bool has_ended_ = false;
  std::thread reader_;
};

}  // namespace spark::testing
