// Pool keeps a store's connections for queries and documents, so that those of several threads run side by side. One is
// borrowed by a Lease and given back at the end of the scope; one that broke is closed. Safe from any thread; must
// outlive its leases.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "backends/postgresql/connection.h"
#include "spark/base/error.h"
#include "telemetry/query_rules.h"

namespace spark::detail::postgresql {

class Pool {
 public:
  // Opens nothing yet. Both must live as long.
  Pool(const Settings& settings, const StopSignal& stop) : settings_(settings), stop_(stop) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Runs a function with a connection whose statements end with the limit, and gives what it gives. It may run twice:
  // a connection that has lain idle may have been lost meanwhile, which is no fault of the server that is there now.
  template <class Function>
  auto run(const TimeLimit& limit, const Function& function) {
    // A short query may be over before anybody asks for the time; whether it is refused must not depend on that.
    limit.check();
    for (;;) {
      Lease lease(*this, limit);
      try {
        return function(lease.connection(), deadline_of(limit));
      } catch (const RetryableError& error) {
        if (!lease.was_idle() || error.code() != ErrorCode::unavailable) throw;
        close_idle();
      }
    }
  }

  // A moment more than the server has, whose refusal leaves the connection in order.
  [[nodiscard]] static Deadline deadline_of(const TimeLimit& limit) {
    return limit.deadline() + std::chrono::milliseconds(100);
  }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    Deadline since;
  };

  class Lease {
   public:
    Lease(Pool& pool, const TimeLimit& limit);
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(std::move(connection_)); }

    [[nodiscard]] Connection& connection() noexcept { return *connection_; }
    [[nodiscard]] bool was_idle() const noexcept { return was_idle_; }

   private:
    Pool& pool_;
    std::unique_ptr<Connection> connection_;
    bool was_idle_ = false;
  };

  // An idle one, or null: then the caller opens one.
  [[nodiscard]] std::unique_ptr<Connection> take(const TimeLimit& limit);
  [[nodiscard]] std::unique_ptr<Connection> open(const TimeLimit& limit);
  void give_back(std::unique_ptr<Connection> connection) noexcept;
  void close_idle() noexcept;

  const Settings& settings_;
  const StopSignal& stop_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Idle> idle_;
  std::uint32_t open_ = 0;    // borrowed and idle
  bool is_prepared_ = false;  // the tables are known to be there
};

}  // namespace spark::detail::postgresql
