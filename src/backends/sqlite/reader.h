// Readers are read-only connections with their prepared statements, kept in a pool so that queries from
// several threads run side by side. A query borrows one reader by a Lease and gives it back at the end of the
// scope.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "backends/sqlite/aggregate_function.h"
#include "backends/sqlite/connection.h"
#include "backends/sqlite/fork_gate.h"
#include "backends/sqlite/functions.h"
#include "telemetry/query_rules.h"

namespace spark::detail::sqlite {

class Reader {
 public:
  Reader(const std::string& path, Seconds busy_timeout);
  Reader(const Reader&) = delete;  // the connection's progress handler keeps an address inside
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] Functions& functions() noexcept { return functions_; }
  [[nodiscard]] AggregateFunction& aggregate_function() noexcept { return aggregate_function_; }
  // Prepared on first use. The reference lives until max_statements others were asked for.
  [[nodiscard]] Statement& statement(const std::string& sql);
  // Who recorded a row, by the number of the resource in it; empty if there is none. May be asked while another
  // statement is at its rows. The reference lives until the next call.
  [[nodiscard]] const std::string& service(std::int64_t resource);
  // From now on every statement is interrupted, which throws Error(timeout), once this time has come.
  void set_deadline(std::chrono::steady_clock::time_point deadline) noexcept { deadline_ = deadline; }

 private:
  // A query's text depends on which fields are set, so there are many in theory and few in a program.
  static constexpr std::size_t max_statements = 64;
  static constexpr std::size_t max_services = 1'000;

  Connection connection_;
  Functions functions_;
  AggregateFunction aggregate_function_;
  std::unordered_map<std::string, Statement> statements_;
  std::optional<Statement> select_service_;  // on first use
  // By resource. A number stays what it is, and is never given again. Finding it in the file takes 2 µs, as long as a
  // whole row does otherwise.
  std::unordered_map<std::int64_t, std::string> services_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

// Thread-safe. Must outlive its leases.
class ReaderPool {
 public:
  ReaderPool(std::string path, std::size_t max_readers, Seconds time_limit, Seconds busy_timeout);

  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<Reader> reader) noexcept : pool_(pool), reader_(std::move(reader)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { pool_.give_back(std::move(reader_)); }

    [[nodiscard]] Reader& operator*() const noexcept { return *reader_; }
    [[nodiscard]] Reader* operator->() const noexcept { return reader_.get(); }

   private:
    const ForkGate::Pass pass_;  // gone last
    ReaderPool& pool_;
    std::unique_ptr<Reader> reader_;
  };
  // A reader for a query with this time limit. Waits for one if all are in use; throws Error(timeout) when the limit
  // passes, or has passed.
  [[nodiscard]] Lease borrow(const TimeLimit& limit);
  // With the pool's own time limit, from now on.
  [[nodiscard]] Lease borrow() { return borrow(TimeLimit({}, time_limit_)); }
  [[nodiscard]] Seconds time_limit() const noexcept { return time_limit_; }

 private:
  void give_back(std::unique_ptr<Reader> reader) noexcept;

  const std::string path_;
  const std::size_t max_readers_;
  const Seconds time_limit_;
  const Seconds busy_timeout_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Reader>> idle_;
  std::size_t existing_ = 0;  // idle or lent
};

}  // namespace spark::detail::sqlite
