// What a client makes of a server that sends more by TLS than was asked for.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "http/client.h"
#include "otlp/certificates.h"
#include "spark/async.h"

namespace spark::testing {
namespace {

// Serves one connection after the other. Behind each answer it sends another one that nobody asked for, or the end of
// TLS, so that both are in one segment.
class TalkativeServer {
 public:
  TalkativeServer(const Certificates& certificates, bool ends_tls)
      : context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free), ends_tls_(ends_tls) {
    SSL_CTX_use_certificate_chain_file(context_.get(), certificates.file("server.pem").c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), certificates.file("server.key").c_str(), SSL_FILETYPE_PEM);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 10), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
    thread_ = std::thread([this] { serve(); });
  }
  ~TalkativeServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  TalkativeServer(const TalkativeServer&) = delete;
  TalkativeServer& operator=(const TalkativeServer&) = delete;

  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  void serve() const {
    for (int socket = ::accept(listener_, nullptr, nullptr); socket >= 0;
         socket = ::accept(listener_, nullptr, nullptr)) {
      serve_one(socket);
      ::close(socket);
    }
  }

  void serve_one(int socket) const {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context_.get()), &SSL_free);
    SSL_set_fd(tls.get(), socket);
    if (SSL_accept(tls.get()) != 1) return;
    // Small requests come in one record.
    char bytes[4'096];
    if (SSL_read(tls.get(), bytes, sizeof bytes) <= 0) return;
    set_cork(socket, 1);
    send(tls.get(), "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
    if (ends_tls_) {
      SSL_shutdown(tls.get());
    } else {
      send(tls.get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale");
    }
    set_cork(socket, 0);
    // Until the client closes.
    while (::recv(socket, bytes, sizeof bytes, 0) > 0) {
    }
  }

  static void set_cork(int socket, int is_on) { ::setsockopt(socket, IPPROTO_TCP, TCP_CORK, &is_on, sizeof is_on); }
  static void send(SSL* tls, const std::string& text) { SSL_write(tls, text.data(), static_cast<int>(text.size())); }

  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  const bool ends_tls_;
  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string url_;
  std::thread thread_;
};

TEST(HttpClientByTls, a_connection_on_which_more_has_come_is_not_used_again) {
  const Certificates certificates;
  http::ClientOptions options;
  options.tls.ca_file = certificates.file("ca.pem");
  for (const bool ends_tls : {false, true}) {
    const TalkativeServer server(certificates, ends_tls);
    http::Client client(http::Url::parse(server.url()), options);
    for (int i = 0; i < 3; ++i) {
      http::Progress progress;
      ASSERT_EQ(sync_wait(client.send("POST", http::Headers(), "x", progress)).body, "good") << i;
      ASSERT_TRUE(progress.is_new_connection) << i;
    }
  }
}

}  // namespace
}  // namespace spark::testing
