// Pruner deletes what is oldest, a bounded number of rows at a time: traces with their spans, events, metrics and trace
// ids, in the order of their ends; events and metrics of no trace; and spans and points whose trace has no row of its
// own. Names, resources, graphs and documents stay.
//
// Made by the writer on its connection; used inside its write transactions only, which the caller begins and ends. What
// it remembers between them is a position only, so that a rolled back transaction does no harm.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/sqlite/connection.h"
#include "backends/sqlite/retention.h"
#include "spark/backends/sqlite.h"

namespace spark::detail::sqlite {

class Pruner {
 public:
  explicit Pruner(Connection& connection);

  // Deletes at most about `max_rows` rows that are older than `before_ns`, oldest first, and adds them to `sum`. Points
  // of one and the same nanosecond go in any order. Each step also looks at some trace ids, in a circle, for orphans:
  // spans and points without a trace.
  PruneLeft step(std::int64_t before_ns, std::size_t max_rows, PruneResult& sum);
  // The circle begins anew: `nothing` then says that all trace ids were looked at since.
  void look_at_all_orphans() noexcept { orphans_looked_at_ = 0; }

 private:
  struct OldTrace {
    std::int64_t trace;
    std::int64_t end_ns;
  };
  // Events or metrics, which lie alike in their tables.
  struct Points {
    Points(Connection& connection, const std::string& table);
    Statement find_boundary, delete_before, delete_all;
  };

  // At most `count` traces, those that ended first, all before `before_ns`.
  [[nodiscard]] std::vector<OldTrace> oldest_traces(std::int64_t before_ns, std::size_t count);
  static void add_oldest(Statement& by_start, std::int64_t before_ns, std::size_t count, std::vector<OldTrace>& heap);

  // Each returns how many rows it deleted, at most `max_rows`, and takes those of a trace in the order of their key.
  std::size_t delete_spans(std::int64_t trace, std::size_t max_rows);
  std::size_t delete_points(Points& points, std::int64_t trace, std::int64_t up_to_ns, std::size_t max_rows);
  std::size_t delete_changes(Statement& statement);

  // True if all of it is gone. Takes what it deletes from `budget`.
  bool delete_trace(std::int64_t trace, std::size_t& budget, PruneResult& sum);
  void delete_loose_points(std::int64_t up_to_ns, std::size_t& budget, PruneResult& sum);
  // From where the last call ended.
  PruneLeft delete_orphans(std::int64_t before_ns, std::size_t& budget, PruneResult& sum);
  [[nodiscard]] std::int64_t last_time_of(std::int64_t trace);

  Connection& connection_;
  Statement traces_by_start_, implied_by_start_;
  Statement span_boundary_, delete_spans_before_, delete_spans_;
  Points events_, metrics_;
  Statement loose_horizon_;
  Statement delete_trace_, delete_implied_, delete_trace_id_;
  Statement next_trace_ids_, last_time_;
  Statement bump_epoch_;

  std::int64_t orphans_looked_at_ = 0;  // trace ids up to this number
};

}  // namespace spark::detail::sqlite
