#include "http/idle_connections.h"

#include <utility>

namespace spark::http {

namespace {

// Ends the connections before the io_context that they live in.
class IdleConnectionsService : public boost::asio::execution_context::service {
 public:
  static boost::asio::execution_context::id id;

  explicit IdleConnectionsService(boost::asio::execution_context& context)
      : boost::asio::execution_context::service(context) {}

  [[nodiscard]] const std::shared_ptr<IdleConnections>& connections() const noexcept { return connections_; }

 private:
  void shutdown() override { connections_->end(); }

  const std::shared_ptr<IdleConnections> connections_ = std::make_shared<IdleConnections>();
};

boost::asio::execution_context::id IdleConnectionsService::id;

}  // namespace

std::unique_ptr<ClientConnection> IdleConnections::take(std::uint64_t client, std::chrono::nanoseconds now,
                                                        std::chrono::nanoseconds longest) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(client);
  if (found == connections_.end()) return nullptr;
  auto& waiting = found->second;
  while (!waiting.empty()) {
    std::unique_ptr<ClientConnection> connection = std::move(waiting.back());
    waiting.pop_back();
    if (now - connection->idle_since < longest && connection->is_usable()) return connection;
  }
  return nullptr;
}

void IdleConnections::give(std::uint64_t client, std::unique_ptr<ClientConnection> connection,
                           std::chrono::nanoseconds now, std::size_t most) {
  connection->idle_since = now;
  const std::lock_guard lock(mutex_);
  if (has_ended_) return;
  auto& waiting = connections_[client];
  // The oldest are in front: after a crowd those that nobody needs any more, and that their servers have closed.
  while (!waiting.empty() && !waiting.front()->is_usable()) waiting.erase(waiting.begin());
  if (waiting.size() < most) waiting.push_back(std::move(connection));
}

void IdleConnections::forget(std::uint64_t client) noexcept {
  const std::lock_guard lock(mutex_);
  connections_.erase(client);
}

void IdleConnections::end() noexcept {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  connections_.clear();
}

std::size_t IdleConnections::count(std::uint64_t client) const {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(client);
  return found != connections_.end() ? found->second.size() : 0;
}

std::shared_ptr<IdleConnections> IdleConnections::of(boost::asio::io_context& context) {
  return boost::asio::use_service<IdleConnectionsService>(context).connections();
}

}  // namespace spark::http
