// ServerState is what is behind a Server: the executor, who is connected, and who has to go.
//
// Three kinds of tasks run on the executor: one accepts, one for each connection serves it, and while there are any,
// one sweeps over them for those that are late. The first two tell the state of their end even if they are destroyed
// unfinished, and so stop can wait for them. Safe from any thread, as far as Server is.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "http/connection.h"
#include "http/shared.h"
#include "spark/async/executor.h"
#include "spark/async/spawn.h"
#include "spark/async/task_group.h"

namespace spark::http {

class ServerState {
 public:
  // Of options that are valid (validate.h).
  ServerState(ServerOptions options, Server::Handler handler);
  ~ServerState();
  ServerState(const ServerState&) = delete;
  ServerState& operator=(const ServerState&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const std::string& url() const noexcept { return url_; }
  bool stop(Seconds deadline);
  [[nodiscard]] Stats stats() const;

 private:
  struct Entry {
    std::shared_ptr<Connection> connection;
    std::optional<Spawned<void>> task = {};  // set as soon as it has been started
    bool is_evicted = false;
  };
  class Listening;
  class Serving;

  [[nodiscard]] Task<void> accept_all(Listening listening);
  [[nodiscard]] Task<void> accept_one(boost::asio::ip::tcp::acceptor& acceptor);
  [[nodiscard]] Task<void> make_room(boost::asio::ip::tcp::acceptor& acceptor);
  [[nodiscard]] Task<void> serve(Serving serving);
  [[nodiscard]] Task<void> sweep();

  void admit(boost::asio::ip::tcp::socket socket);
  void start(const std::shared_ptr<Connection>& connection);
  void begin_sweeping();
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] bool evict_one();
  void left(Connection& connection) noexcept;
  void no_longer_listening() noexcept;
  // With the lock held.
  void cut() noexcept;

  Shared shared_;
  std::uint16_t port_ = 0;
  std::string url_;
  const std::chrono::nanoseconds tick_;

  std::mutex stopping_;  // held by who stops
  bool is_stopped_ = false;
  bool was_clean_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All below are guarded by mutex_.
  std::unordered_map<const Connection*, Entry> entries_;
  std::size_t open_ = 0;  // entries that are not evicted
  bool is_listening_ = false;
  bool is_sweeping_ = false;
  bool is_cut_ = false;

  std::optional<Executor> executor_;  // ends before the groups of its tasks
  std::optional<TaskGroup> accepting_;
  std::optional<TaskGroup> sweeping_;
  std::atomic<const detail::ExecutorState*> own_executor_{nullptr};  // never followed; null after the end
};

}  // namespace spark::http
