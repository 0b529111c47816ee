#include "backends/sqlite/pruner.h"

#include <algorithm>
#include <limits>
#include <string>

namespace spark::detail::sqlite {
namespace {

constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t begin_of_time = std::numeric_limits<std::int64_t>::min();

// How many rows one look for the oldest traces reads; beyond it the answer is the oldest of those read.
constexpr std::size_t max_looked_at = 100'000;
// A trace takes a handful of rows of its own, in trees of their own, however few spans it has.
constexpr std::size_t rows_of_empty_trace = 4;
// Trace ids looked at for orphans in one step: two searches each, about a microsecond.
constexpr std::int64_t orphans_per_step = 1'000;

// What counts as a trace's end is its start while it has none. max() because other programs may have written anything.
constexpr const char* traces_by_start_sql =
    "SELECT trace, start_ns, max(start_ns, coalesce(end_ns, start_ns)) FROM traces_data WHERE start_ns < ?1 "
    "ORDER BY start_ns";
// A trace with a row of its own is found there.
constexpr const char* implied_by_start_sql =
    "SELECT trace, start_ns, max(start_ns, end_ns) FROM implied_traces AS i WHERE start_ns < ?1 AND NOT EXISTS "
    "(SELECT 1 FROM traces_data AS t WHERE t.trace = i.trace) ORDER BY start_ns";
// The time up to which there are so many points without a trace.
constexpr const char* loose_horizon_sql =
    "SELECT time_ns FROM events_data WHERE trace = 0 AND time_ns <= ?1 UNION ALL "
    "SELECT time_ns FROM metrics_data WHERE trace = 0 AND time_ns <= ?1 ORDER BY time_ns LIMIT 1 OFFSET ?2";
constexpr const char* next_trace_ids_sql =
    "SELECT number, EXISTS (SELECT 1 FROM traces_data WHERE trace = number) OR "
    "EXISTS (SELECT 1 FROM implied_traces WHERE trace = number) FROM trace_ids WHERE number > ?1 "
    "ORDER BY number LIMIT ?2";
constexpr const char* last_time_sql =
    "SELECT max(t) FROM (SELECT max(start_ns + duration_ns) AS t FROM spans_data WHERE trace = ?1 UNION ALL "
    "SELECT max(time_ns) FROM events_data WHERE trace = ?1 UNION ALL "
    "SELECT max(time_ns) FROM metrics_data WHERE trace = ?1)";

constexpr const char* deleting = "delete old rows";
constexpr const char* finding = "find old rows";

}  // namespace

Pruner::Points::Points(Connection& connection, const std::string& table)
    : find_boundary(connection,
                    "SELECT time_ns, id_high, id_low FROM " + table +
                        " WHERE trace = ?1 AND time_ns <= ?2 ORDER BY time_ns, id_high, id_low LIMIT 1 OFFSET ?3",
                    finding),
      delete_before(connection,
                    "DELETE FROM " + table + " WHERE trace = ?1 AND (time_ns, id_high, id_low) < (?2, ?3, ?4)",
                    deleting),
      delete_all(connection, "DELETE FROM " + table + " WHERE trace = ?1 AND time_ns <= ?2", deleting) {}

Pruner::Pruner(Connection& connection)
    : connection_(connection),
      traces_by_start_(connection, traces_by_start_sql, finding),
      implied_by_start_(connection, implied_by_start_sql, finding),
      span_boundary_(connection, "SELECT span FROM spans_data WHERE trace = ?1 ORDER BY span LIMIT 1 OFFSET ?2",
                     finding),
      delete_spans_before_(connection, "DELETE FROM spans_data WHERE trace = ?1 AND span < ?2", deleting),
      delete_spans_(connection, "DELETE FROM spans_data WHERE trace = ?1", deleting),
      events_(connection, "events_data"),
      metrics_(connection, "metrics_data"),
      loose_horizon_(connection, loose_horizon_sql, finding),
      delete_trace_(connection, "DELETE FROM traces_data WHERE trace = ?1", deleting),
      delete_implied_(connection, "DELETE FROM implied_traces WHERE trace = ?1", deleting),
      delete_trace_id_(connection, "DELETE FROM trace_ids WHERE number = ?1", deleting),
      next_trace_ids_(connection, next_trace_ids_sql, finding),
      last_time_(connection, last_time_sql, finding),
      bump_epoch_(connection, "UPDATE meta SET value = value + 1 WHERE key = 'epoch'", "change the retention epoch") {}

PruneLeft Pruner::step(std::int64_t before_ns, std::size_t max_rows, PruneResult& sum) {
  if (before_ns == begin_of_time) return PruneLeft::nothing;
  std::size_t budget = max_rows;
  const auto traces = oldest_traces(before_ns, max_rows / rows_of_empty_trace + 1);
  // In the order of time: what belongs to no trace and is older than the oldest trace goes before that trace. Points
  // that are as old as later traces go before those, in a later step.
  const std::int64_t oldest_ns = traces.empty() ? before_ns - 1 : traces.front().end_ns;
  delete_loose_points(oldest_ns, budget, sum);
  for (const OldTrace& old : traces) {
    if (budget == 0 || !delete_trace(old.trace, budget, sum)) break;
    ++sum.traces;
  }
  PruneLeft left = PruneLeft::rows;
  // A trace id without a trace goes when the oldest trace is as young. Where there is none it has nobody to wait for.
  if (budget > 0) left = delete_orphans(traces.empty() ? before_ns : oldest_ns, budget, sum);
  if (budget != max_rows) bump_epoch_.run();
  return traces.empty() ? left : PruneLeft::rows;
}

std::vector<Pruner::OldTrace> Pruner::oldest_traces(std::int64_t before_ns, std::size_t count) {
  std::vector<OldTrace> traces;
  add_oldest(traces_by_start_, before_ns, count, traces);
  add_oldest(implied_by_start_, before_ns, count, traces);
  std::sort(traces.begin(), traces.end(), [](const OldTrace& a, const OldTrace& b) { return a.end_ns < b.end_ns; });
  if (traces.size() > count) traces.resize(count);
  return traces;
}

void Pruner::add_oldest(Statement& by_start, std::int64_t before_ns, std::size_t count, std::vector<OldTrace>& out) {
  // There is an index on the start and none on the end. A trace ends no earlier than it starts, so the search is over
  // as soon as a start is later than the latest of the `count` earliest ends found so far, which are kept as a heap
  // with that one on top.
  const auto is_older = [](const OldTrace& a, const OldTrace& b) { return a.end_ns < b.end_ns; };
  std::vector<OldTrace> heap;
  by_start.bind(1, before_ns);
  const ResetAtExit reset(by_start);
  for (std::size_t looked_at = 0; looked_at < max_looked_at && by_start.step(); ++looked_at) {
    const OldTrace trace{by_start.integer(0), by_start.integer(2)};
    const bool is_full = heap.size() == count;
    if (is_full && by_start.integer(1) > heap.front().end_ns) break;
    if (trace.end_ns >= before_ns || (is_full && !is_older(trace, heap.front()))) continue;
    if (is_full) {
      std::pop_heap(heap.begin(), heap.end(), is_older);
      heap.pop_back();
    }
    heap.push_back(trace);
    std::push_heap(heap.begin(), heap.end(), is_older);
  }
  out.insert(out.end(), heap.begin(), heap.end());
}

std::size_t Pruner::delete_changes(Statement& statement) {
  statement.run();
  return static_cast<std::size_t>(sqlite3_changes64(connection_.handle()));
}

std::size_t Pruner::delete_spans(std::int64_t trace, std::size_t max_rows) {
  span_boundary_.bind(1, trace);
  span_boundary_.bind(2, static_cast<std::int64_t>(max_rows));
  const ResetAtExit reset(span_boundary_);
  if (!span_boundary_.step()) {
    delete_spans_.bind(1, trace);
    return delete_changes(delete_spans_);
  }
  delete_spans_before_.bind(1, trace);
  delete_spans_before_.bind(2, span_boundary_.integer(0));
  span_boundary_.reset();
  return delete_changes(delete_spans_before_);
}

std::size_t Pruner::delete_points(Points& points, std::int64_t trace, std::int64_t up_to_ns, std::size_t max_rows) {
  points.find_boundary.bind(1, trace);
  points.find_boundary.bind(2, up_to_ns);
  points.find_boundary.bind(3, static_cast<std::int64_t>(max_rows));
  const ResetAtExit reset(points.find_boundary);
  if (!points.find_boundary.step()) {
    points.delete_all.bind(1, trace);
    points.delete_all.bind(2, up_to_ns);
    return delete_changes(points.delete_all);
  }
  points.delete_before.bind(1, trace);
  for (int column = 0; column < 3; ++column) {
    points.delete_before.bind(2 + column, points.find_boundary.integer(column));
  }
  points.find_boundary.reset();
  return delete_changes(points.delete_before);
}

bool Pruner::delete_trace(std::int64_t trace, std::size_t& budget, PruneResult& sum) {
  const auto take = [&](std::uint64_t& count, std::size_t deleted) {
    count += deleted;
    budget -= std::min(budget, deleted);
  };
  take(sum.spans, delete_spans(trace, budget));
  if (budget > 0) take(sum.events, delete_points(events_, trace, end_of_time, budget));
  if (budget > 0) take(sum.metrics, delete_points(metrics_, trace, end_of_time, budget));
  // Its own rows last, so that what is left of a large trace is found again.
  if (budget == 0) return false;
  for (Statement* statement : {&delete_trace_, &delete_implied_, &delete_trace_id_}) {
    statement->bind(1, trace);
    statement->run();
  }
  budget -= std::min(budget, rows_of_empty_trace);
  return true;
}

void Pruner::delete_loose_points(std::int64_t up_to_ns, std::size_t& budget, PruneResult& sum) {
  loose_horizon_.bind(1, up_to_ns);
  loose_horizon_.bind(2, static_cast<std::int64_t>(budget - 1));
  if (loose_horizon_.step()) {
    up_to_ns = loose_horizon_.integer(0);
    loose_horizon_.reset();
  }
  const std::size_t events = delete_points(events_, 0, up_to_ns, budget);
  sum.events += events;
  budget -= std::min(budget, events);
  if (budget == 0) return;
  const std::size_t metrics = delete_points(metrics_, 0, up_to_ns, budget);
  sum.metrics += metrics;
  budget -= std::min(budget, metrics);
}

PruneLeft Pruner::delete_orphans(std::int64_t before_ns, std::size_t& budget, PruneResult& sum) {
  std::vector<std::int64_t> orphans;
  std::int64_t looked_at = 0;
  std::int64_t last = orphans_looked_at_;
  {
    next_trace_ids_.bind(1, orphans_looked_at_);
    next_trace_ids_.bind(2, orphans_per_step);
    const ResetAtExit reset(next_trace_ids_);
    for (; next_trace_ids_.step(); ++looked_at) {
      last = next_trace_ids_.integer(0);
      if (next_trace_ids_.integer(1) == 0) orphans.push_back(last);
    }
  }
  const std::size_t budget_before = budget;
  for (const std::int64_t trace : orphans) {
    if (last_time_of(trace) >= before_ns) continue;
    if (budget == 0 || !delete_trace(trace, budget, sum)) {
      orphans_looked_at_ = trace - 1;
      return PruneLeft::rows;
    }
  }
  const bool is_end = looked_at < orphans_per_step;
  orphans_looked_at_ = is_end ? 0 : last;
  if (budget != budget_before) return PruneLeft::rows;
  return is_end ? PruneLeft::nothing : PruneLeft::maybe_orphans;
}

std::int64_t Pruner::last_time_of(std::int64_t trace) {
  last_time_.bind(1, trace);
  const ResetAtExit reset(last_time_);
  return last_time_.step() && !last_time_.is_null(0) ? last_time_.integer(0) : begin_of_time;
}

}  // namespace spark::detail::sqlite
