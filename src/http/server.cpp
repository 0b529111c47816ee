#include "http/server.h"

#include <utility>

#include "http/server_state.h"
#include "http/validate.h"

namespace spark::http {

Server::Server(ServerOptions options, Handler handler) {
  validate(options, handler);
  state_ = std::make_unique<ServerState>(std::move(options), std::move(handler));
}
Server::~Server() = default;
std::uint16_t Server::port() const noexcept { return state_->port(); }
const std::string& Server::url() const noexcept { return state_->url(); }
bool Server::stop(Seconds deadline) { return state_->stop(deadline); }
Stats Server::stats() const { return state_->stats(); }

}  // namespace spark::http
