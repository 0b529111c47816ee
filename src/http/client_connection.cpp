#include "http/client_connection.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>
#include <vector>

#include "spark/base/error.h"

namespace spark::http {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

auto tell_in(error_code& error) { return boost::asio::redirect_error(boost::asio::use_awaitable, error); }

// A cancellation passes as what it is, so that who asked for it knows.
void check_sent(const error_code& error, const std::string& what) {
  if (!error) return;
  if (error == boost::asio::error::operation_aborted) throw boost::system::system_error(error);
  throw Error(ErrorCode::unavailable, what + ": " + error.message());
}

// What a server that expects a handshake does with a request as it is.
std::string no_answer(bool may_speak_tls) {
  return std::string("the server closed the connection without an answer") +
         (may_speak_tls ? " (does it speak TLS?)" : "");
}

Task<std::vector<tcp::endpoint>> endpoints_of(const Url& url, boost::asio::io_context& context) {
  std::vector<tcp::endpoint> endpoints;
  error_code error;
  const auto address = boost::asio::ip::make_address(url.host, error);
  if (!error) {
    endpoints.emplace_back(address, url.port);
    co_return endpoints;
  }
  error = {};
  tcp::resolver resolver(context);
  const std::string port = std::to_string(url.port);
  const auto found = co_await resolver.async_resolve(url.host, port, tcp::resolver::numeric_service, tell_in(error));
  check_sent(error, "cannot resolve " + url.host);
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

}  // namespace

ClientConnection::ClientConnection(boost::asio::io_context& context, boost::asio::ssl::context* tls)
    : socket_(context) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
}

ClientConnection::~ClientConnection() = default;

Task<void> ClientConnection::open(const Url& url, bool verifies) {
  auto& context = static_cast<boost::asio::io_context&>(socket_.get_executor().context());
  const std::vector<tcp::endpoint> endpoints = co_await endpoints_of(url, context);
  error_code error;
  peer_ = co_await boost::asio::async_connect(socket_, endpoints, tell_in(error));
  check_sent(error, "cannot connect to " + url.authority());
  socket_.set_option(tcp::no_delay(true), error);
  if (tls_) co_await shake_hands(url, verifies);
}

Task<void> ClientConnection::shake_hands(const Url& url, bool verifies) {
  SSL* const ssl = tls_->native_handle();
  error_code error;
  static_cast<void>(boost::asio::ip::make_address(url.host, error));
  const bool is_address = !error;
  if (verifies) {
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int is_set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(wanted, url.host.c_str())
                                  : X509_VERIFY_PARAM_set1_host(wanted, url.host.data(), url.host.size());
    if (is_set != 1) throw Error(ErrorCode::unavailable, "cannot verify the certificate of " + url.authority());
  }
  // By it, a server with several names finds the certificate; an address is no name.
  if (!is_address) SSL_set_tlsext_host_name(ssl, url.host.c_str());
  error = {};
  co_await tls_->async_handshake(boost::asio::ssl::stream_base::client, tell_in(error));
  if (!error) co_return;
  const long verdict = SSL_get_verify_result(ssl);
  if (verifies && verdict != X509_V_OK) {
    throw Error(ErrorCode::unavailable, "the certificate of " + url.authority() +
                                            " is not to be trusted: " + X509_verify_cert_error_string(verdict));
  }
  check_sent(error, "the TLS handshake with " + url.authority() + " failed");
}

bool ClientConnection::is_usable() noexcept {
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  // What waits there is nobody's: the end, by TLS as a message of its own, or bytes that no request asked for.
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

Task<void> ClientConnection::write(std::string_view bytes, Progress& progress) {
  stays_open_ = false;
  is_silent_ = true;
  while (!bytes.empty()) {
    error_code error;
    const boost::asio::const_buffer buffer(bytes.data(), bytes.size());
    progress.may_have_arrived = true;
    const std::size_t size = tls_ ? co_await tls_->async_write_some(buffer, tell_in(error))
                                  : co_await socket_.async_write_some(buffer, tell_in(error));
    check_sent(error, "the connection broke off under a request");
    bytes.remove_prefix(size);
  }
}

Task<void> ClientConnection::read_some(ResponseParser& parser) {
  constexpr std::size_t first_read = 4 << 10, most_read = 64 << 10;
  if (buffer_.size() - filled_ < first_read) buffer_.resize(filled_ + (buffer_.empty() ? first_read : most_read));
  error_code error;
  const boost::asio::mutable_buffer space(buffer_.data() + filled_, buffer_.size() - filled_);
  const std::size_t size = tls_ ? co_await tls_->async_read_some(space, tell_in(error))
                                : co_await socket_.async_read_some(space, tell_in(error));
  if (error == boost::asio::error::eof) {
    if (is_silent_) throw Error(ErrorCode::unavailable, no_answer(!tls_ && is_fresh_));
    parser.end();
  } else {
    check_sent(error, "the connection broke off before the response");
    is_silent_ = false;
    filled_ += size;
    const std::size_t taken = parser.take(std::string_view(buffer_.data(), filled_));
    buffer_.erase(0, taken);
    filled_ -= taken;
  }
  if (parser.state() == ResponseParser::State::unfinished) co_return;
  if (parser.state() == ResponseParser::State::failed) {
    throw Error(ErrorCode::unavailable, "the response cannot be read: " + parser.problem());
  }
  // What came behind it is nobody's; a server that has closed its side answers nothing any more.
  stays_open_ = parser.is_keep_alive() && filled_ == 0 && !error;
  is_fresh_ = false;
  // A connection that waits needs no room.
  std::exchange(buffer_, {});
}

}  // namespace spark::http
