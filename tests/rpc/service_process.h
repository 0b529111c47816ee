// tests/rpc/program in a process of its own: a service that records where it is told to.
#pragma once

#include <string>
#include <vector>

#include "otlp/line_process.h"

namespace spark::testing {

// Ends with its scope.
class ServiceProcess {
 public:
  explicit ServiceProcess(const std::string& telemetry, const std::string& next = {})
      : process_(command(telemetry, next)), endpoint_(process_.next_line()) {}

  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  // Its last word.
  std::string finish() {
    const std::vector<std::string> lines = process_.finish();
    return lines.empty() ? "" : lines.back();
  }

 private:
  static std::vector<std::string> command(const std::string& telemetry, const std::string& next) {
    std::vector<std::string> words{"/usr/bin/env", "SPARK_TELEMETRY=" + telemetry, SPARK_PROGRAM};
    if (!next.empty()) words.push_back(next);
    return words;
  }

  LineProcess process_;
  std::string endpoint_;
};

}  // namespace spark::testing
