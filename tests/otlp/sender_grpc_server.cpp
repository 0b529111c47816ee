#include "otlp/sender_grpc_server.h"

#include "spark/base/json.h"

namespace spark::testing {
namespace {

std::vector<std::string> command(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {SPARK_GRPC_PYTHON, SPARK_SOURCE_DIR "/tests/otlp/grpc_server.py"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

bool GrpcServer::is_available() { return std::string(SPARK_GRPC_PYTHON) != ""; }

GrpcServer::GrpcServer(const std::vector<std::string>& arguments)
    : scheme_(arguments.empty() || arguments[0] != "--tls" ? "http" : "https"),
      process_(command(arguments)),
      port_(std::stoi(process_.next_line())) {}

Object GrpcServer::next_call() { return parse_json(process_.next_line()).as_object(); }

}  // namespace spark::testing
