#include "backends/postgresql/partitions.h"

#include <charconv>
#include <string>

#include "backends/postgresql/batch_rows.h"
#include "backends/postgresql/sql_error.h"

namespace spark::detail::postgresql {
namespace {

constexpr const char* making_partition = "make a partition";
constexpr const char* dropping = "drop a partition";

// 2000-01-01 to 2100-01-01: what lies outside has a clock that is wrong, and a table for each such day helps nobody.
constexpr std::int64_t first_day = 10'957, end_day = 47'482;

// "20250115", by H. Hinnant's civil_from_days (chrono-Compatible Low-Level Date Algorithms).
std::string date_of(std::int64_t day) {
  const std::int64_t z = day + 719'468;
  const std::int64_t era = z / 146'097, day_of_era = z - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::int64_t day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  return std::to_string(year * 10'000 + month * 100 + day_of_month);
}

// Nobody who reads for long is waited for, and nobody waits behind us.
constexpr const char* begin =
    "BEGIN; SET LOCAL lock_timeout = '2s'; SELECT pg_advisory_xact_lock(1399874930, 1885434484)";

void roll_back(Connection& connection, Deadline deadline, const char* attempted) {
  if (connection.is_usable()) connection.execute("ROLLBACK", deadline, attempted);
}

}  // namespace

void Partitions::make(Connection& connection, const std::vector<std::int64_t>& days, Deadline deadline) {
  // With few enough known the set stays small; one that was forgotten is found to exist.
  constexpr std::size_t most_known = 10'000;
  if (known_.size() > most_known) known_.clear();
  for (const std::int64_t day : days) {
    if (day < first_day || day >= end_day) continue;
    for (const std::int64_t each : {day, day + 1}) {
      if (clock_.steady_now() < next_attempt_) return;
      if (!known_.contains(each)) make(connection, each, deadline);
    }
  }
}

void Partitions::make(Connection& connection, std::int64_t day, Deadline deadline) {
  const std::string suffix = "_p" + date_of(day);
  // Looking costs less than the lock that making takes.
  const Result is_there =
      connection.query("SELECT to_regclass('metrics_data" + suffix + "') IS NOT NULL", {}, deadline, making_partition);
  if (!is_there.boolean(0, 0)) {
    try {
      connection.execute(
          std::string(begin) + "; SELECT spark_make_partitions(date 'epoch' + " + std::to_string(day) + ", 1); COMMIT",
          deadline, making_partition);
    } catch (const StatementError& error) {
      roll_back(connection, deadline, making_partition);
      // Without the right, or with rows of that day in the default partition already, its rows lie there.
      if (is_retryable(error.state())) {
        next_attempt_ = clock_.steady_now() + std::chrono::minutes(1);
        return;
      }
    }
  }
  known_.insert(day);
}

std::uint64_t Partitions::drop_before(Connection& connection, std::int64_t before_ns, Deadline deadline) {
  const std::string end = date_of(day_of(before_ns));
  const Result found = connection.query(
      "SELECT c.oid::regclass::text FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent "
      "IN "
      "('spans_data'::regclass, 'events_data'::regclass, 'metrics_data'::regclass) AND c.relname ~ "
      "'_p[0-9]{8}$' AND right(c.relname, 8) < '" +
          end + "' ORDER BY right(c.relname, 8), c.relname",
      {}, deadline, dropping);
  std::uint64_t dropped = 0;
  for (int row = 0; row < found.rows(); ++row) {
    const std::string table(found.octets(row, 0));
    try {
      connection.execute(std::string(begin) + "; DROP TABLE IF EXISTS " + table + "; COMMIT", deadline, dropping);
      ++dropped;
    } catch (const StatementError& error) {
      roll_back(connection, deadline, dropping);
      // Somebody reads it, and it goes next time; or they are not ours, and their rows go one by one.
      if (!is_retryable(error.state()) && error.state() != "42501") throw;
      break;
    }
  }
  if (dropped > 0) known_.clear();
  return dropped;
}

}  // namespace spark::detail::postgresql
