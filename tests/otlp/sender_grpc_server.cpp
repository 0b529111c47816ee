#include "otlp/sender_grpc_server.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "spark/base/json.h"

// The interpreter that has the package; empty if there is none.
#ifndef SPARK_GRPC_PYTHON
#define SPARK_GRPC_PYTHON ""
#endif

namespace spark::testing {

bool GrpcServer::is_available() { return std::string(SPARK_GRPC_PYTHON) != ""; }

GrpcServer::GrpcServer(std::vector<std::string> arguments)
    : scheme_(arguments.empty() || arguments[0] != "--tls" ? "http" : "https") {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], 0);
  posix_spawn_file_actions_adddup2(&actions, output[1], 1);
  arguments.insert(arguments.begin(), {SPARK_GRPC_PYTHON, SPARK_SOURCE_DIR "/tests/otlp/grpc_server.py"});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const int error = ::posix_spawn(&child_, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(input[0]);
  ::close(output[1]);
  to_child_ = input[1];
  from_child_ = output[0];
  if (error != 0) throw std::runtime_error("cannot start " + arguments[0]);
  reader_ = std::thread([this] { read_lines(); });
  try {
    port_ = std::stoi(next_line());
  } catch (...) {
    stop();
    throw;
  }
}

GrpcServer::~GrpcServer() { stop(); }

void GrpcServer::stop() {
  ::close(to_child_);
  int status = 0;
  ::waitpid(child_, &status, 0);
  reader_.join();
  ::close(from_child_);
}

Object GrpcServer::next_call() { return parse_json(next_line()).as_object(); }

void GrpcServer::read_lines() {
  std::string buffer;
  char bytes[65'536];
  for (ssize_t count = 0; (count = ::read(from_child_, bytes, sizeof bytes)) > 0;) {
    buffer.append(bytes, static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = buffer.find('\n')) != std::string::npos; buffer.erase(0, end + 1)) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(buffer.substr(0, end));
      changed_.notify_all();
    }
  }
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

std::string GrpcServer::next_line() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !lines_.empty() || has_ended_; });
  if (lines_.empty()) throw std::runtime_error("the gRPC server ended");
  std::string line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

}  // namespace spark::testing
