#include "postgresql/cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <list>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace spark::testing {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool send_all(int socket, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(socket, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Two sockets that belong together, for one connection.
struct Pair {
  int client, server;
  bool is_last_answer_lost = false;
};

}  // namespace

CuttingProxy::CuttingProxy(int server_port) : server_port_(server_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

CuttingProxy::~CuttingProxy() {
  is_over_ = true;
  // Wakes whoever waits for a connection.
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

// One thread for all connections, of which there are few.
void CuttingProxy::run() {
  std::list<Pair> pairs;
  while (!is_over_) {
    std::vector<pollfd> waits{{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs) {
      waits.push_back({pair.client, POLLIN, 0});
      waits.push_back({pair.server, POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), -1);
    auto pair = pairs.begin();
    for (std::size_t i = 1; i < waits.size(); i += 2) {
      char buffer[1 << 16];
      bool is_open = true;
      if (waits[i].revents != 0) {
        const ssize_t size = ::recv(pair->client, buffer, sizeof buffer, 0);
        const std::string_view data(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        if (data.find(std::string_view("COMMIT\0", 7)) != std::string_view::npos && to_cut_ > 0) {
          --to_cut_;
          pair->is_last_answer_lost = true;
        }
        is_open = size > 0 && send_all(pair->server, data);
      }
      if (is_open && waits[i + 1].revents != 0) {
        const ssize_t size = ::recv(pair->server, buffer, sizeof buffer, 0);
        if (pair->is_last_answer_lost) ++cut_;
        is_open =
            size > 0 && !pair->is_last_answer_lost && send_all(pair->client, {buffer, static_cast<std::size_t>(size)});
      }
      if (is_open) {
        ++pair;
        continue;
      }
      ::close(pair->client);
      ::close(pair->server);
      pair = pairs.erase(pair);
    }
    if (waits[0].revents != 0 && !is_over_) {
      const int client = ::accept(listener_, nullptr, nullptr);
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address = loopback(server_port_);
      if (::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        pairs.push_back({client, server});
      } else {
        ::close(client);
        ::close(server);
      }
    }
  }
  for (const Pair& pair : pairs) {
    ::close(pair.client);
    ::close(pair.server);
  }
}

}  // namespace spark::testing
