// grpc_server.py as a child process: a real gRPC server, so that what we write is judged by somebody else's code.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "spark/base/value.h"

namespace spark::testing {

class GrpcServer {
 public:
  // Returns when it listens; throws std::runtime_error if it does not. It ends with its scope. The arguments are the
  // script's.
  explicit GrpcServer(std::vector<std::string> arguments = {});
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Whether there is a Python with the gRPC package.
  [[nodiscard]] static bool is_available();

  [[nodiscard]] std::string url() const { return scheme_ + "://127.0.0.1:" + std::to_string(port_); }
  // What it says of the next call that it has not told of yet. Waits for it.
  [[nodiscard]] Object next_call();

 private:
  void stop();
  void read_lines();
  [[nodiscard]] std::string next_line();

  std::string scheme_;
  pid_t child_ = 0;
  int to_child_ = -1;  // it ends when this is closed
  int from_child_ = -1;
  int port_ = 0;
  // Lines are read as they come: a full pipe would make the server wait, and the call with it.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  bool has_ended_ = false;
  std::thread reader_;
};

}  // namespace spark::testing
