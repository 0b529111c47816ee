// IdleConnections keeps the open connections of clients that carry no request, for one executor. It belongs to the
// executor's io_context, whose end is theirs. Safe from any thread.
#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "http/client_connection.h"

namespace spark::http {

class IdleConnections {
 public:
  // Of the client with this number. The one used last is given first; those that cannot be used any more are closed.
  [[nodiscard]] std::unique_ptr<ClientConnection> take(std::uint64_t client, std::chrono::nanoseconds now,
                                                       std::chrono::nanoseconds longest);
  // Closed instead if there are `most` already.
  void give(std::uint64_t client, std::unique_ptr<ClientConnection> connection, std::chrono::nanoseconds now,
            std::size_t most);
  void forget(std::uint64_t client) noexcept;
  // From now on nothing is kept.
  void end() noexcept;
  [[nodiscard]] std::size_t count(std::uint64_t client) const;

  [[nodiscard]] static std::shared_ptr<IdleConnections> of(boost::asio::io_context& context);

 private:
  mutable std::mutex mutex_;
  bool has_ended_ = false;
  std::unordered_map<std::uint64_t, std::vector<std::unique_ptr<ClientConnection>>> connections_;
};

}  // namespace spark::http
