#include "collector.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace spark::bench {
namespace {

pid_t start(std::vector<std::string> command, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);
  return child;
}

std::size_t content_length(std::string_view head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string_view::npos ? 0 : std::strtoull(head.data() + at + 16, nullptr, 10);
}

std::atomic<bool> is_down{false};

// One client, until it is gone. Just enough HTTP/1.1 for what our sender sends.
void serve(int client) {
  constexpr std::string_view taken =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
  constexpr std::string_view refused = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
  const int one = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  std::string buffer;
  std::vector<char> bytes(1 << 20);
  for (;;) {
    const ssize_t count = ::read(client, bytes.data(), bytes.size());
    if (count <= 0) break;
    buffer.append(bytes.data(), static_cast<std::size_t>(count));
    const std::size_t end_of_head = buffer.find("\r\n\r\n");
    if (end_of_head == std::string::npos) continue;
    std::size_t missing = end_of_head + 4 + content_length(std::string_view(buffer).substr(0, end_of_head));
    missing -= std::min(missing, buffer.size());
    while (missing > 0) {
      const ssize_t more = ::read(client, bytes.data(), std::min(missing, bytes.size()));
      if (more <= 0) break;
      missing -= static_cast<std::size_t>(more);
    }
    buffer.clear();
    const std::string_view answer = is_down ? refused : taken;
    if (::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
  }
  ::close(client);
}

}  // namespace

Collector::Collector(Kind kind) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  child_ = kind == Kind::http
               ? start({"/proc/self/exe", http_argument}, input[0], output[1])
               : start({SPARK_GRPC_PYTHON, SPARK_SOURCE_DIR "/bench/grpc_collector.py"}, input[0], output[1]);
  ::close(input[0]);
  ::close(output[1]);
  to_child_ = input[1];
  FILE* const lines = ::fdopen(output[0], "r");
  const bool has_port = std::fscanf(lines, "%d", &port_) == 1;
  std::fclose(lines);
  if (!has_port) throw std::runtime_error("the collector did not come up");
}

Collector::~Collector() {
  ::close(to_child_);
  ::waitpid(child_, nullptr, 0);
}

void Collector::set_down(bool is_down) {
  if (::write(to_child_, is_down ? "d" : "u", 1) != 1) throw std::runtime_error("the collector has ended");
}

bool Collector::is_grpc_available() { return *SPARK_GRPC_PYTHON != '\0'; }

int Collector::serve_http() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, 64) != 0 || ::getsockname(listener, any, &size) != 0)
    return 1;
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::thread([listener] {
    for (int client = 0; (client = ::accept(listener, nullptr, nullptr)) >= 0;) std::thread(serve, client).detach();
  }).detach();
  for (int word = 0; (word = std::fgetc(stdin)) != EOF;) is_down = word == 'd';
  std::_Exit(0);
}

}  // namespace spark::bench
