// ClientConnection is one connection of a Client: it is opened, carries requests one after the other, and closes with
// its scope. Used by one task at a time.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/client.h"
#include "http/response_parser.h"

namespace spark::http {

class ClientConnection {
 public:
  // The TLS context must outlive it; null: no TLS.
  ClientConnection(boost::asio::io_context& context, boost::asio::ssl::context* tls);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Throws Error(unavailable), operation_aborted.
  [[nodiscard]] Task<void> open(const Url& url, bool verifies);
  // Sends a request. Throws as Client::send.
  [[nodiscard]] Task<void> write(std::string_view bytes, Progress& progress);
  // Reads what there is of the response, at least a byte, and gives it to the parser until that has the whole. Throws
  // Error(unavailable) also for what the parser cannot read.
  [[nodiscard]] Task<void> read_some(ResponseParser& parser);

  // Of an open one that carries no request: the server has neither closed it nor sent anything.
  [[nodiscard]] bool is_usable() noexcept;
  // After a whole response: it may carry another request.
  [[nodiscard]] bool stays_open() const noexcept { return stays_open_; }
  [[nodiscard]] const boost::asio::ip::tcp::endpoint& peer() const noexcept { return peer_; }

  std::chrono::nanoseconds idle_since{0};

 private:
  [[nodiscard]] Task<void> shake_hands(const Url& url, bool verifies);

  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  boost::asio::ip::tcp::endpoint peer_;
  std::string buffer_;      // what the parser has not taken, and room behind it
  std::size_t filled_ = 0;  // of it
  bool stays_open_ = false;
  bool is_fresh_ = true;   // no response has come on it
  bool is_silent_ = true;  // nothing has come since the last request
};

}  // namespace spark::http
