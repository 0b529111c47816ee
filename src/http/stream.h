// A connection's bytes, with TLS or without. Used by the task that serves the connection; cancel() also by what runs
// beside it in the same chain.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <optional>
#include <utility>

#include "spark/async/task.h"

namespace spark::http {

class Stream {
  static auto and_tell(boost::system::error_code& error) {
    return boost::asio::redirect_error(boost::asio::use_awaitable, error);
  }

 public:
  using error_code = boost::system::error_code;

  // The context must outlive the stream; null: no TLS.
  Stream(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
  }

  [[nodiscard]] bool is_encrypted() const noexcept { return tls_.has_value(); }

  [[nodiscard]] Task<void> handshake(error_code& error) {
    return tls_->async_handshake(boost::asio::ssl::stream_base::server, and_tell(error));
  }
  // At least one byte, unless there is an error.
  [[nodiscard]] Task<std::size_t> read_some(boost::asio::mutable_buffer buffer, error_code& error) {
    return tls_ ? tls_->async_read_some(buffer, and_tell(error)) : socket_.async_read_some(buffer, and_tell(error));
  }
  [[nodiscard]] Task<std::size_t> write_some(boost::asio::const_buffer buffer, error_code& error) {
    return tls_ ? tls_->async_write_some(buffer, and_tell(error)) : socket_.async_write_some(buffer, and_tell(error));
  }
  // Says that nothing more will come. TLS waits for the client to say so too.
  [[nodiscard]] Task<void> say_goodbye(error_code& error) { return tls_->async_shutdown(and_tell(error)); }

  // The bytes below TLS.
  [[nodiscard]] Task<std::size_t> read_raw(boost::asio::mutable_buffer buffer, error_code& error) {
    return socket_.async_read_some(buffer, and_tell(error));
  }
  [[nodiscard]] bool has_bytes_waiting() noexcept {
    error_code ignored;
    return socket_.available(ignored) > 0;
  }

  // Ends what is under way with operation_aborted.
  void cancel() noexcept {
    error_code ignored;
    socket_.cancel(ignored);
  }
  void end_sending() noexcept {
    error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  }
  void close() noexcept {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
};

}  // namespace spark::http
