// A server on this machine that speaks OpenAI's chat completions well enough for an example: it answers each request
// with the next of the given bodies.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

class LocalModelServer {
 public:
  explicit LocalModelServer(std::vector<std::string> bodies) : bodies_(std::move(bodies)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, size) != 0 || listen(listener_, 8) != 0) throw std::runtime_error("cannot listen");
    getsockname(listener_, generic, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LocalModelServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  LocalModelServer(const LocalModelServer&) = delete;
  LocalModelServer& operator=(const LocalModelServer&) = delete;

  [[nodiscard]] std::string base_url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }

 private:
  void serve() const {
    std::size_t next = 0;
    for (int client = accept(listener_, nullptr, nullptr); client >= 0; client = accept(listener_, nullptr, nullptr)) {
      while (next < bodies_.size() && read_request(client)) answer(client, bodies_[next++]);
      close(client);
    }
  }

  // False if the client has closed the connection.
  static bool read_request(int client) {
    std::string request;
    std::size_t end = std::string::npos;
    char bytes[4096];
    while (end == std::string::npos || request.size() < end) {
      const ssize_t size = read(client, bytes, sizeof bytes);
      if (size <= 0) return false;
      request.append(bytes, static_cast<std::size_t>(size));
      const std::size_t head = request.find("\r\n\r\n");
      if (end != std::string::npos || head == std::string::npos) continue;
      const std::size_t length = request.find("Content-Length: ");
      end = head + 4 + std::strtoul(request.c_str() + length + std::strlen("Content-Length: "), nullptr, 10);
    }
    return true;
  }

  static void answer(int client, const std::string& body) {
    const std::string response =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    static_cast<void>(!write(client, response.data(), response.size()));
  }

  const std::vector<std::string> bodies_;
  const int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  int port_ = 0;
  std::thread thread_;
};
