// Runs sparktel as a child process, the way a user does. The result is complete when run() returns.
#pragma once

#include <string>
#include <vector>

#include "backends/temporary_directory.h"

namespace spark::testing {

struct ChildResult {
  int exit_code = -1;  // minus the signal if one ended it
  std::string out = {};
  std::string error = {};
};

// With `environment` ("NAME=value") in place of COLUMNS, NO_COLOR, TERM and SPARK_TELEMETRY of this process.
[[nodiscard]] ChildResult run_sparktel(const std::vector<std::string>& arguments,
                                       const std::vector<std::string>& environment = {});
// The same with standard output to this file.
[[nodiscard]] ChildResult run_sparktel_to(const std::string& path, const std::vector<std::string>& arguments);
// The same with a terminal of `columns` as standard output and error; all text is in `out`, with "\r\n" line
// ends.
[[nodiscard]] ChildResult run_sparktel_on_terminal(const std::vector<std::string>& arguments, unsigned short columns,
                                                   const std::vector<std::string>& environment = {});

// One that goes on while the test does something else; killed and waited for if the scope ends before. Its output goes
// to files of its own.
class RunningSparktel {
 public:
  explicit RunningSparktel(const std::vector<std::string>& arguments);
  RunningSparktel(const RunningSparktel&) = delete;
  RunningSparktel& operator=(const RunningSparktel&) = delete;
  ~RunningSparktel();

  void send(int signal) const;
  // What it has written so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string error() const;
  // Returns when it has ended.
  [[nodiscard]] ChildResult wait();

 private:
  TemporaryDirectory directory_;
  int child_ = 0;  // 0: waited for
};

// The whole file; fails the test if it cannot be read.
[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);

}  // namespace spark::testing
