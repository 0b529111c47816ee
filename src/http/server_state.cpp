#include "http/server_state.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "async/executor_state.h"
#include "async/time_after.h"
#include "http/listen.h"
#include "spark/async/cancellation.h"
#include "spark/async/sleep.h"
#include "spark/base/error.h"
#include "spark/telemetry/context.h"

namespace spark::http {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

// Between two looks whether there is room for a new connection, or a file descriptor for it.
constexpr Seconds room_wait = 20ms;
// How long a connection that was cut may take to end by itself, before its task is destroyed.
constexpr nanoseconds cut_wait = 1s;

// Without memory nothing can be waited for but so. The other threads go on. This is for what we allocate ourselves:
// Asio ends the process if it gets none for a connection that it has just accepted.
void wait_for_memory() { std::this_thread::sleep_for(nanoseconds(20ms)); }

nanoseconds tick_of(const ServerLimits& limits) {
  const Seconds shortest = std::min({limits.handshake_timeout, limits.header_timeout, limits.idle_timeout,
                                     limits.body_timeout, limits.write_timeout, limits.linger_timeout});
  return std::clamp(detail::time_after(0ns, shortest / 8), nanoseconds(5ms), nanoseconds(250ms));
}

}  // namespace

// Owns the socket that listens; its end is the end of listening, also if the task is destroyed.
class ServerState::Listening {
 public:
  Listening(ServerState& state, tcp::acceptor its_acceptor) noexcept
      : acceptor(std::move(its_acceptor)), state_(&state) {}
  Listening(Listening&& other) noexcept
      : acceptor(std::move(other.acceptor)), state_(std::exchange(other.state_, nullptr)) {}
  Listening& operator=(Listening&&) = delete;
  ~Listening() {
    if (state_ == nullptr) return;
    error_code ignored;
    acceptor.close(ignored);
    state_->no_longer_listening();
  }

  tcp::acceptor acceptor;

 private:
  ServerState* state_;
};

// A share of the connection that takes it off the list at the end, also if the task is destroyed or never begins.
class ServerState::Serving {
 public:
  Serving(ServerState& state, std::shared_ptr<Connection> its_connection) noexcept
      : connection(std::move(its_connection)), state_(&state) {}
  Serving(Serving&& other) noexcept
      : connection(std::move(other.connection)), state_(std::exchange(other.state_, nullptr)) {}
  Serving& operator=(Serving&&) = delete;
  ~Serving() {
    if (state_ != nullptr) state_->left(*connection);
  }

  std::shared_ptr<Connection> connection;

 private:
  ServerState* state_;
};

ServerState::ServerState(ServerOptions options, Server::Handler handler)
    : shared_(std::move(options), std::move(handler)), tick_(tick_of(shared_.options.limits)) {
  const ExecutorOptions threads{.threads = shared_.options.threads};
  executor_.emplace(threads);
  own_executor_ = &executor_->state();
  accepting_.emplace(*executor_);
  sweeping_.emplace(*executor_);
  tcp::acceptor acceptor = listen(executor_->state().context(), shared_.options.host, shared_.options.port);
  const tcp::endpoint endpoint = acceptor.local_endpoint();
  port_ = endpoint.port();
  url_ = (shared_.tls ? "https://" : "http://") + to_string(endpoint);
  // What is current where the server is made has nothing to do with its requests.
  const ContextScope nowhere{TelemetryContext()};
  is_listening_ = true;
  accepting_->spawn(accept_all(Listening(*this, std::move(acceptor))));
}

ServerState::~ServerState() { stop(0s); }

Task<void> ServerState::accept_all(Listening listening) {
  while (!is_cancelled()) {
    bool has_memory = true;
    try {
      co_await accept_one(listening.acceptor);
    } catch (const std::bad_alloc&) {
      has_memory = false;
    }
    if (has_memory) continue;
    shared_.counters.add(&Stats::accept_errors);
    wait_for_memory();
  }
}

Task<void> ServerState::accept_one(tcp::acceptor& acceptor) {
  if (is_full()) co_await make_room(acceptor);
  tcp::socket socket(executor_->state().context());
  error_code error;
  auto and_tell = boost::asio::redirect_error(boost::asio::use_awaitable, error);
  co_await acceptor.async_accept(socket, and_tell);
  if (!error) {
    admit(std::move(socket));
  } else if (error != boost::asio::error::connection_aborted && error != boost::asio::error::operation_aborted) {
    // No file descriptor or no memory for it: the client waits in the system's queue.
    shared_.counters.add(&Stats::accept_errors);
    static_cast<void>(evict_one());
    co_await sleep_for(room_wait);
  }
}

// Nobody is closed before somebody waits.
Task<void> ServerState::make_room(tcp::acceptor& acceptor) {
  error_code ignored;
  auto and_ignore = boost::asio::redirect_error(boost::asio::use_awaitable, ignored);
  co_await acceptor.async_wait(tcp::acceptor::wait_read, and_ignore);
  for (bool is_first = true; is_full() && !evict_one(); is_first = false) {
    if (is_first) shared_.counters.add(&Stats::accepts_delayed);
    co_await sleep_for(room_wait);
  }
}

void ServerState::admit(tcp::socket socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;  // It is gone already.
  socket.set_option(tcp::no_delay(true), error);
  try {
    start(std::make_shared<Connection>(shared_, std::move(socket), to_string(peer)));
  } catch (const std::exception& exception) {
    shared_.counters.add(&Stats::accept_errors);
    shared_.report("the connection of a client cannot be served: " + std::string(exception.what()));
  }
}

void ServerState::start(const std::shared_ptr<Connection>& connection) {
  {
    const std::lock_guard lock(mutex_);
    if (shared_.is_stopping) return;
    entries_.emplace(connection.get(), Entry{.connection = connection});
    ++open_;
    shared_.counters.add(&Stats::connections_accepted);
  }
  shared_.tell_of_connection(true, connection->peer());
  // Without the lock: a task that cannot be started takes itself off the list.
  Spawned<void> task = spawn(*executor_, serve(Serving(*this, connection)));
  bool begins_sweeping = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_cut_) task.cancel();
    const auto entry = entries_.find(connection.get());
    if (entry == entries_.end()) return std::move(task).detach();
    entry->second.task.emplace(std::move(task));
    begins_sweeping = !std::exchange(is_sweeping_, true);
  }
  if (begins_sweeping) begin_sweeping();
}

void ServerState::begin_sweeping() {
  try {
    sweeping_->spawn(sweep());
  } catch (const std::bad_alloc&) {
    // The next connection's start tries again.
    const std::lock_guard lock(mutex_);
    is_sweeping_ = false;
  }
}

Task<void> ServerState::serve(Serving serving) { co_await serving.connection->run(); }

Task<void> ServerState::sweep() {
  for (;;) {
    bool has_memory = true;
    try {
      co_await sleep_for(tick_);
    } catch (const std::bad_alloc&) {
      has_memory = false;
    }
    if (!has_memory) wait_for_memory();
    const nanoseconds now = system_clock().steady_now();
    const std::lock_guard lock(mutex_);
    try {
      for (auto& [connection, entry] : entries_) entry.connection->end_if_late(now);
    } catch (const std::bad_alloc&) {
      // There is a next time.
    }
    if (entries_.empty()) {
      is_sweeping_ = false;
      co_return;
    }
  }
}

bool ServerState::is_full() const {
  const std::lock_guard lock(mutex_);
  return open_ >= shared_.options.limits.connections;
}

// Closes the connection that has used the largest part of its time. One that does what it should never has used much,
// and one that came in the same instant as the new client has not either.
bool ServerState::evict_one() {
  const nanoseconds now = system_clock().steady_now();
  const std::lock_guard lock(mutex_);
  Entry* worst = nullptr;
  double most = Connection::evictable_part;
  for (auto& [connection, entry] : entries_) {
    if (entry.is_evicted || !entry.task) continue;
    const double part = connection->used_part(now);
    if (part < most) continue;
    worst = &entry;
    most = part;
  }
  if (worst == nullptr) return false;
  try {
    worst->connection->end_for_another();
  } catch (const std::bad_alloc&) {
    return false;
  }
  worst->is_evicted = true;
  --open_;
  shared_.counters.add(&Stats::connections_evicted);
  return true;
}

void ServerState::left(Connection& connection) noexcept {
  std::optional<Entry> ended;  // destroyed without the lock
  // Before a stop may find that nobody is left.
  shared_.tell_of_connection(false, connection.peer());
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(&connection);
  if (entry == entries_.end()) return;
  ended.emplace(std::move(entry->second));
  entries_.erase(entry);
  if (!ended->is_evicted) --open_;
  changed_.notify_all();
}

void ServerState::no_longer_listening() noexcept {
  const std::lock_guard lock(mutex_);
  is_listening_ = false;
  changed_.notify_all();
}

void ServerState::cut() noexcept {
  is_cut_ = true;
  for (auto& [connection, entry] : entries_) {
    if (connection->has_request()) {
      was_clean_ = false;
      shared_.counters.add(&Stats::requests_cut);
    }
    if (entry.task) entry.task->cancel();
  }
}

bool ServerState::stop(Seconds deadline) {
  const detail::ExecutorState* const here = detail::ExecutorState::current();
  if (here != nullptr && here == own_executor_) {
    throw Error(ErrorCode::would_deadlock, "an HTTP server was stopped on a thread of its own, which it waits for");
  }
  const std::lock_guard one_at_a_time(stopping_);
  if (is_stopped_) return was_clean_;
  shared_.is_stopping = true;
  accepting_->cancel();
  was_clean_ = true;
  {
    std::unique_lock lock(mutex_);
    for (auto& [connection, entry] : entries_) entry.connection->end_if_idle();
    const auto has_ended = [this] { return entries_.empty() && !is_listening_; };
    if (!changed_.wait_for(lock, detail::time_after(0ns, deadline), has_ended)) {
      cut();
      changed_.wait_for(lock, cut_wait, has_ended);
    }
  }
  // Another executor may come to lie at this one's address.
  own_executor_ = nullptr;
  // What is left is destroyed with it, and takes itself off the list.
  executor_.reset();
  is_stopped_ = true;
  return was_clean_;
}

Stats ServerState::stats() const {
  Stats stats = shared_.counters.get();
  stats.body_bytes = shared_.budget.used();
  stats.body_bytes_peak = shared_.budget.peak();
  const std::lock_guard lock(mutex_);
  stats.connections_open = entries_.size();
  return stats;
}

}  // namespace spark::http
