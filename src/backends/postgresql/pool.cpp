#include "backends/postgresql/pool.h"

#include <algorithm>
#include <string>

#include "backends/postgresql/schema.h"
#include "spark/base/error.h"

namespace spark::detail::postgresql {

Pool::Lease::Lease(Pool& pool, const TimeLimit& limit) : pool_(pool), connection_(pool.take(limit)) {
  was_idle_ = connection_ != nullptr;
  try {
    if (!was_idle_) connection_ = pool.open(limit);
    connection_->limit_statements(limit.seconds(), deadline_of(limit));
  } catch (const RetryableError& error) {
    const bool is_stale = was_idle_ && error.code() == ErrorCode::unavailable;
    if (!is_stale) {
      pool.give_back(std::move(connection_));
      throw;
    }
    pool.close_idle();
    connection_.reset();
    was_idle_ = false;
    try {
      connection_ = pool.open(limit);
      connection_->limit_statements(limit.seconds(), deadline_of(limit));
    } catch (...) {
      pool.give_back(std::move(connection_));
      throw;
    }
  } catch (...) {
    pool.give_back(std::move(connection_));
    throw;
  }
}

std::unique_ptr<Connection> Pool::take(const TimeLimit& limit) {
  constexpr std::chrono::seconds longest_idle{60};
  std::vector<std::unique_ptr<Connection>> old;  // closed without the mutex
  std::unique_lock lock(mutex_);
  const auto is_free = [&] { return !idle_.empty() || open_ < settings_.options.max_size || stop_.is_set(); };
  if (!returned_.wait_until(lock, limit.deadline(), is_free)) {
    throw Error(ErrorCode::timeout, "PostgreSQL " + settings_.target.description + ": all " +
                                        std::to_string(settings_.options.max_size) + " connections were busy for " +
                                        std::to_string(limit.seconds().count()) + " s");
  }
  const Deadline now = Deadline::clock::now();
  while (idle_.size() > 1 && open_ > settings_.options.min_size && now - idle_.front().since > longest_idle) {
    old.push_back(std::move(idle_.front().connection));
    idle_.erase(idle_.begin());
    --open_;
  }
  if (idle_.empty()) {
    ++open_;
    return nullptr;
  }
  auto taken = std::move(idle_.back().connection);
  idle_.pop_back();
  return taken;
}

std::unique_ptr<Connection> Pool::open(const TimeLimit& limit) {
  const Deadline deadline = deadline_of(limit);
  auto connection = std::make_unique<Connection>(settings_.target, stop_, deadline);
  bool is_prepared = false;
  {
    const std::lock_guard lock(mutex_);
    is_prepared = is_prepared_;
  }
  if (!is_prepared) {
    static_cast<void>(prepare_database(*connection, settings_.options, deadline));
    const std::lock_guard lock(mutex_);
    is_prepared_ = true;
  }
  return connection;
}

void Pool::give_back(std::unique_ptr<Connection> connection) noexcept {
  const bool is_whole = connection != nullptr && connection->is_usable() && !connection->is_in_transaction();
  {
    const std::lock_guard lock(mutex_);
    // Without memory for the list it is closed, and another one opened later.
    try {
      if (is_whole) {
        idle_.push_back({std::move(connection), Deadline::clock::now()});
      } else {
        --open_;
      }
    } catch (...) {
      --open_;
    }
    returned_.notify_one();
  }
  connection.reset();
}

void Pool::close_idle() noexcept {
  std::vector<Idle> closed;
  const std::lock_guard lock(mutex_);
  open_ -= static_cast<std::uint32_t>(idle_.size());
  closed.swap(idle_);
  returned_.notify_all();
}

}  // namespace spark::detail::postgresql
