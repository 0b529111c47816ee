#include "otlp/sender_http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

namespace spark::testing {
namespace {

// A listening socket; of port 0 at one of the system's choice.
std::pair<int, std::uint16_t> listen_at(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (listener < 0 || ::bind(listener, generic, size) != 0 || ::listen(listener, 8) != 0 ||
      ::getsockname(listener, generic, &size) != 0) {
    throw std::runtime_error("no loopback port to listen at");
  }
  return {listener, ntohs(address.sin_port)};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

HttpRequest parse_head(const std::string& head) {
  HttpRequest request;
  std::size_t begin = head.find("\r\n");
  const std::string first = head.substr(0, begin);
  request.method = first.substr(0, first.find(' '));
  const std::string rest = first.substr(std::min(request.method.size() + 1, first.size()));
  request.target = rest.substr(0, rest.find(' '));
  while (begin + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", begin + 2);
    const std::string line = head.substr(begin + 2, end - begin - 2);
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) {
      const std::size_t value = std::min(line.find_first_not_of(' ', colon + 1), line.size());
      request.headers[lower(line.substr(0, colon))] = line.substr(value);
    }
    begin = end;
  }
  return request;
}

// Reads requests off one connection; bytes beyond one are kept for the next.
class RequestReader {
 public:
  explicit RequestReader(int socket) : socket_(socket) {}

  // Empty at the connection's end.
  std::optional<HttpRequest> next() {
    std::size_t head_end = 0;
    while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return std::nullopt;
    }
    HttpRequest request = parse_head(buffer_.substr(0, head_end + 2));
    buffer_.erase(0, head_end + 4);
    const std::size_t size = std::strtoul(request.headers["content-length"].c_str(), nullptr, 10);
    while (buffer_.size() < size) {
      if (!read_more()) return std::nullopt;
    }
    request.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return request;
  }

 private:
  bool read_more() {
    char bytes[65'536];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
    return count > 0;
  }

  int socket_;
  std::string buffer_;
};

}  // namespace

bool HttpConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool HttpConnection::send_slowly(std::string_view bytes, int milliseconds) const {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!send(bytes.substr(i, 1))) return false;
    // Ends early when the client goes away.
    pollfd closed{.fd = socket_, .events = POLLRDHUP, .revents = 0};
    if (::poll(&closed, 1, milliseconds) != 0) return false;
  }
  return true;
}

void HttpConnection::wait_for_end() const {
  char bytes[4096];
  while (::recv(socket_, bytes, sizeof bytes, 0) > 0) {
  }
}

void HttpConnection::reset() const {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

HttpServer::HttpServer(Answer answer, std::uint16_t port) : answer_(std::move(answer)) {
  std::tie(listener_, port_) = listen_at(port);
  thread_ = std::thread([this] { run(); });
}

HttpServer::HttpServer(std::string answer, std::uint16_t port)
    : HttpServer([answer = std::move(answer)](const HttpConnection& connection,
                                              const HttpRequest&) { return connection.send(answer); },
                 port) {}

HttpServer::~HttpServer() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (open_socket_ >= 0) ::shutdown(open_socket_, SHUT_RDWR);
  }
  thread_.join();
  ::close(listener_);
}

std::vector<HttpRequest> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::run() {
  for (int number = 1;; ++number) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    {
      const std::lock_guard lock(mutex_);
      if (socket < 0 || is_ending_) {
        if (socket >= 0) ::close(socket);
        return;
      }
      open_socket_ = socket;
    }
    serve(socket, number);
    const std::lock_guard lock(mutex_);
    open_socket_ = -1;
    ::close(socket);
  }
}

void HttpServer::serve(int socket, int number) {
  RequestReader reader(socket);
  const HttpConnection connection(socket);
  while (auto request = reader.next()) {
    request->connection = number;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    if (!answer_(connection, *request)) return;
  }
}

std::string http_answer(int status, std::string_view headers, std::string_view body) {
  std::string answer = "HTTP/1.1 " + std::to_string(status) + " Said So\r\n";
  answer.append(headers).append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return answer.append(body);
}

std::uint16_t free_port() {
  const auto [listener, port] = listen_at(0);
  ::close(listener);
  return port;
}

}  // namespace spark::testing
