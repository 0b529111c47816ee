#include "apps/sparktel/sources/prune.h"

#include <memory>
#include <string>

#include "apps/sparktel/files/database.h"
#include "apps/sparktel/postgresql/postgresql.h"
#include "apps/sparktel/sources/open.h"
#include "spark/backends/sqlite.h"

namespace spark::sparktel {

namespace {

// By size, one transaction may delete more than it had to, so they are small here, where time matters less.
constexpr std::size_t rows_at_once = 250;

}  // namespace

PrunePreview preview_prune(const Location& where, const PruneRequest& request) {
  if (where.is_server()) return preview_prune_postgresql(where.connection_string(), request);
  static_cast<void>(open_for_reading(where));
  Database database(where.path());
  const auto number = [&](const std::string& sql) { return static_cast<std::uint64_t>(database.integer(sql)); };
  PrunePreview preview;
  preview.bytes_in_use = (number("PRAGMA page_count") - number("PRAGMA freelist_count")) * number("PRAGMA page_size");
  if (!request.before) return preview;
  const std::string ns = std::to_string(request.before->time_since_epoch().count());
  const std::string old = "SELECT trace FROM traces_data WHERE max(start_ns, coalesce(end_ns, start_ns)) < " + ns;
  const std::string implied = "SELECT trace FROM implied_traces AS i WHERE max(start_ns, end_ns) < " + ns +
                              " AND NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace = i.trace)";
  preview.traces = number("SELECT count(*) FROM (" + old + " UNION ALL " + implied + ")");
  preview.spans = number("SELECT count(*) FROM spans_data WHERE trace IN (" + old + " UNION ALL " + implied + ")");
  return preview;
}

Pruned prune(const Location& where, const PruneRequest& request) {
  if (where.is_server()) return prune_postgresql(where.connection_string(), request);
  // A file that is not there is an error here, and must not be made.
  static_cast<void>(open_for_reading(where));
  SqliteStore store(SqliteOptions{.path = where.path()});
  PruneOptions goal{.max_bytes = static_cast<std::size_t>(request.max_bytes), .rows_per_transaction = rows_at_once};
  if (request.before) goal.before = *request.before;
  if (request.progress) {
    goal.progress = [&](const PruneResult& so_far) {
      return request.progress(so_far.traces + so_far.spans + so_far.events + so_far.metrics);
    };
  }
  const PruneResult result = store.prune(goal);
  return {.traces = result.traces,
          .spans = result.spans,
          .events = result.events,
          .metrics = result.metrics,
          .partitions = 0,
          .bytes_in_use = result.bytes_in_use,
          .complete = result.complete};
}

}  // namespace spark::sparktel
