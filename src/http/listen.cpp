#include "http/listen.h"

#include <boost/asio/ip/v6_only.hpp>

#include "spark/base/error.h"

namespace spark::http {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

[[noreturn]] void fail(const std::string& where, const error_code& error) {
  const bool is_refused = error == boost::asio::error::access_denied;
  const bool is_in_use = error == boost::asio::error::address_in_use;
  throw Error(is_refused ? ErrorCode::permission_denied : ErrorCode::unavailable,
              "cannot listen on " + where + ": " + (is_in_use ? "the address is in use" : error.message()));
}

tcp::endpoint resolve(boost::asio::io_context& context, const std::string& host, std::uint16_t port) {
  error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (!error) return {address, port};
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error) fail(host + ", port " + std::to_string(port), error);
  return found.begin()->endpoint();
}

}  // namespace

tcp::acceptor listen(boost::asio::io_context& context, const std::string& host, std::uint16_t port) {
  const tcp::endpoint endpoint = resolve(context, host, port);
  const std::string where = to_string(endpoint) + (endpoint.address().to_string() == host ? "" : " (" + host + ")");
  tcp::acceptor acceptor(context);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) fail(where, error);
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (error) fail(where, error);
  if (endpoint.address().is_v6()) {
    acceptor.set_option(boost::asio::ip::v6_only(false), error);
    if (error) fail(where, error);
  }
  acceptor.bind(endpoint, error);
  if (error) fail(where, error);
  acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) fail(where, error);
  return acceptor;
}

std::string to_string(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

}  // namespace spark::http
