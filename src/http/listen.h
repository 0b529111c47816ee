// Where a server listens, and what an address looks like.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

namespace spark::http {

// A socket that listens, at an address that other sockets may still be closing on (SO_REUSEADDR). "::" takes IPv4 too.
// Resolving a name blocks. Throws Error(unavailable, permission_denied) that names the address.
[[nodiscard]] boost::asio::ip::tcp::acceptor listen(boost::asio::io_context& context, const std::string& host,
                                                    std::uint16_t port);

// "127.0.0.1:8080", "[::1]:8080".
[[nodiscard]] std::string to_string(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace spark::http
