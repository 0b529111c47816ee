#include "http/raw_client.h"

#include <netdb.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace spark::testing {
namespace {

constexpr int patience_s = 30;

std::string openssl_error() {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return text;
}

}  // namespace

std::optional<std::string> RawReply::header(const std::string& name) const {
  const std::string begin = "\r\n" + name + ": ";
  const std::size_t found = head.find(begin);
  if (found == std::string::npos) return std::nullopt;
  const std::size_t value = found + begin.size();
  return head.substr(value, head.find("\r\n", value) - value);
}

RawClient::RawClient(std::uint16_t port, const std::string& host, int receive_buffer) {
  connect(port, host, receive_buffer);
}

RawClient::RawClient(std::uint16_t port, const RawClientTls& tls) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_load_verify_locations(context_.get(), tls.ca_file.c_str(), nullptr);
  if (tls.max_version != 0) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_max_proto_version(context_.get(), tls.max_version);
  }
  if (!tls.certificate_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context_.get(), tls.certificate_file.c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM);
  }
  connect(port, "127.0.0.1", 0);
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), socket_);
  ERR_clear_error();
  if (SSL_connect(tls_.get()) != 1) {
    ::close(std::exchange(socket_, -1));
    throw std::runtime_error("no TLS: " + openssl_error());
  }
}

RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      context_(std::move(other.context_)),
      tls_(std::move(other.tls_)),
      buffer_(std::move(other.buffer_)) {}

RawClient::~RawClient() {
  if (socket_ >= 0) ::close(socket_);
}

void RawClient::connect(std::uint16_t port, const std::string& host, int receive_buffer) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) {
    throw std::runtime_error("no address: " + host);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const timeval patience{.tv_sec = patience_s, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (socket_ < 0 || ::connect(socket_, found->ai_addr, found->ai_addrlen) != 0) {
    const std::string reason = std::strerror(errno);
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    throw std::runtime_error("cannot connect to " + host + ": " + reason);
  }
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0 && errno == EAGAIN) throw std::runtime_error("the server does not read");
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void RawClient::end_sending() { ::shutdown(socket_, SHUT_WR); }

void RawClient::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(socket_, -1));
}

RawClient::Got RawClient::receive() {
  char bytes[16'384];
  errno = 0;
  const ssize_t count = tls_ ? SSL_read(tls_.get(), bytes, sizeof bytes) : ::recv(socket_, bytes, sizeof bytes, 0);
  if (count > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(count));
    return Got::bytes;
  }
  if (errno == EAGAIN) throw std::runtime_error("the server says nothing");
  return count == 0 || (tls_ && errno == 0) ? Got::end : Got::reset;
}

RawReply RawClient::read_reply(std::string_view method) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (receive() != Got::bytes) throw std::runtime_error("the connection ended without a whole reply: " + buffer_);
  }
  RawReply reply;
  reply.head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  if (reply.head.rfind("HTTP/1.1 ", 0) != 0) throw std::runtime_error("no status line: " + reply.head);
  reply.status = std::atoi(reply.head.c_str() + 9);
  const auto length = reply.header("Content-Length");
  if (!length || method == "HEAD") return reply;
  const std::size_t size = std::strtoul(length->c_str(), nullptr, 10);
  while (buffer_.size() < size) {
    if (receive() != Got::bytes) throw std::runtime_error("the connection ended within a body");
  }
  reply.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return reply;
}

bool RawClient::read_to_end(std::string& bytes) {
  Got got = Got::bytes;
  while (got == Got::bytes) got = receive();
  bytes += std::exchange(buffer_, {});
  return got == Got::end;
}

bool RawClient::is_closed() { return buffer_.empty() && receive() != Got::bytes; }

bool RawClient::has_news(int milliseconds) const {
  pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
  return !buffer_.empty() || ::poll(&readable, 1, milliseconds) == 1;
}

std::string RawClient::read_within(int milliseconds) {
  if (buffer_.empty() && has_news(milliseconds)) static_cast<void>(receive());
  return std::exchange(buffer_, {});
}

std::string post(std::string_view target, std::string_view body, std::string_view headers) {
  std::string request = "POST ";
  request.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(headers);
  request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return request.append(body);
}

std::string get(std::string_view target, std::string_view headers) {
  std::string request = "GET ";
  return request.append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(headers).append("\r\n");
}

bool may_open_files(std::size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

}  // namespace spark::testing
