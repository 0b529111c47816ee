// The SQL function of aggregates, registered with one connection:
//
//   spark_aggregate(status, measured, distribution, key, ...)
//
// It gives every row of a scan to the RowTally that was set, and its value is NULL. Groups are found here and not by
// GROUP BY, which would sort the rows first: that takes longer than all else together.
//
// Owned by the Reader, whose connection keeps its address. The thread that borrowed the reader sets the tally before it
// runs a statement.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "backends/sqlite/connection.h"
#include "telemetry/aggregate_state.h"

namespace spark::detail::sqlite {

// Takes rows into the state of one aggregate. Keys are in the state as the tables have them: numbers of names, traces
// and enumerators.
class RowTally {
 public:
  enum class Measured : std::uint8_t { nothing, nanoseconds, number };

  struct Columns {
    std::int64_t failed_status = -1;        // counts as an error
    Measured measured = Measured::nothing;  // unless an attribute is measured: then it is the attributes' column
  };

  // Plan and state must live as long.
  RowTally(const AggregatePlan& plan, AggregateState& state, const Columns& columns)
      : plan_(plan), state_(state), columns_(columns) {}

  // The arguments of the function. Throws Error: invalid_argument (too many groups), corrupt (not what was written).
  void add(sqlite3_value** arguments);

 private:
  void append_key(const AggregatePlan::Key& key, sqlite3_value* column);
  void measure(AggregateState::Entry& entry, sqlite3_value* measured, sqlite3_value* distribution);

  const AggregatePlan& plan_;
  AggregateState& state_;
  const Columns columns_;
  std::string key_;
};

class AggregateFunction {
 public:
  explicit AggregateFunction(Connection& connection);
  AggregateFunction(const AggregateFunction&) = delete;
  AggregateFunction& operator=(const AggregateFunction&) = delete;

  // Runs a statement that calls the function, to its end. Throws what the tally or SQLite does.
  void run(Statement& statement, RowTally& tally);

 private:
  static void step(sqlite3_context* context, int count, sqlite3_value** arguments);
  static void finish(sqlite3_context* context);

  RowTally* tally_ = nullptr;
  std::exception_ptr failure_;  // of the tally: no exception may pass through SQLite
};

}  // namespace spark::detail::sqlite
