// grpc_server.py as a child process: a real gRPC server, so that what we write is judged by somebody else's code.
#pragma once

#include <string>
#include <vector>

#include "otlp/line_process.h"
#include "spark/base/value.h"

namespace spark::testing {

class GrpcServer {
 public:
  // Returns when it listens; throws std::runtime_error if it does not. It ends with its scope. The arguments are the
  // script's.
  explicit GrpcServer(const std::vector<std::string>& arguments = {});

  // Whether there is a Python with the gRPC package.
  [[nodiscard]] static bool is_available();

  [[nodiscard]] std::string url() const { return scheme_ + "://127.0.0.1:" + std::to_string(port_); }
  // What it says of the next call that it has not told of yet. Waits for it.
  [[nodiscard]] Object next_call();

 private:
  std::string scheme_;
  LineProcess process_;
  int port_ = 0;
};

}  // namespace spark::testing
