// Session is one connection of our own to a PostgreSQL server, beside a store's, for what the library's queries do not
// offer. It connects when it is first needed and again after a loss, and can only read: each transaction is a read-only
// one. For one thread. Functions block, at most for the time limit, and throw Error as the library's Connection does.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "backends/postgresql/connection.h"
#include "backends/postgresql/conninfo.h"
#include "backends/postgresql/parameters.h"
#include "backends/postgresql/result.h"
#include "backends/postgresql/stop_signal.h"
#include "spark/base/ids.h"
#include "spark/base/secret.h"

namespace spark::sparktel {

class Session {
 public:
  using Connection = detail::postgresql::Connection;
  using Parameters = detail::postgresql::Parameters;
  using Result = detail::postgresql::Result;

  // Connects to nothing. Throws Error(invalid_argument) for what is no connection string.
  explicit Session(const Secret& connection_string, Seconds time_limit);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // One statement; all its rows, with columns in binary. `attempted` completes "cannot …".
  [[nodiscard]] Result query(const std::string& sql, const char* attempted) { return query(sql, {}, attempted); }
  [[nodiscard]] Result query(const std::string& sql, const Parameters& parameters, const char* attempted);
  // Connected.
  [[nodiscard]] Connection& connection();

  [[nodiscard]] const detail::postgresql::Target& target() const noexcept { return settings_.target; }
  // When an operation that begins now has to have ended: the server's own limit comes first, and says more.
  [[nodiscard]] Deadline deadline() const;
  [[nodiscard]] Seconds time_limit() const noexcept { return time_limit_; }
  void set_time_limit(Seconds limit) noexcept { time_limit_ = limit; }

 private:
  detail::postgresql::Settings settings_;
  Seconds time_limit_;
  detail::postgresql::StopSignal stop_;  // never set: a signal ends the process
  std::unique_ptr<Connection> connection_;
};

// uuid[], for "= ANY(…)"; the text that stands for it in SQL.
[[nodiscard]] std::string bind_trace_ids(detail::postgresql::Parameters& parameters, std::span<const TraceId> ids);
[[nodiscard]] TraceId trace_id_at(const detail::postgresql::Result& result, int row, int column);
[[nodiscard]] std::string text_at(const detail::postgresql::Result& result, int row, int column);

// The options for a store that only looks: it makes and migrates nothing, whatever the connection string says.
[[nodiscard]] PostgresqlOptions options_for_reading(const Secret& connection_string);

}  // namespace spark::sparktel
