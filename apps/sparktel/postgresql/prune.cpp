#include "apps/sparktel/postgresql/postgresql.h"
#include "apps/sparktel/postgresql/session.h"
#include "apps/sparktel/sources/open.h"
#include "spark/backends/postgresql.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

void require_by_age(const PruneRequest& request) {
  if (request.max_bytes == 0 && request.before) return;
  throw Error(ErrorCode::unsupported, "by size only a file can be pruned; of a PostgreSQL database say --older-than");
}

}  // namespace

PrunePreview preview_prune_postgresql(const Secret& connection_string, const PruneRequest& request) {
  require_by_age(request);
  static_cast<void>(open_postgresql_for_reading(connection_string));
  Session session(connection_string, query_time_limit);
  Session::Parameters parameters;
  const std::string before = parameters.bind(std::int64_t{request.before->time_since_epoch().count()});
  const std::string old = "SELECT trace_id FROM traces_data WHERE greatest(start_ns, end_ns) < " + before +
                          " UNION ALL SELECT trace_id FROM implied_traces AS i WHERE greatest(start_ns, end_ns) < " +
                          before + " AND NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace_id = i.trace_id)";
  const Session::Result rows = session.query("WITH old AS (" + old +
                                                 ") SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM "
                                                 "spans_data WHERE trace_id IN (SELECT trace_id FROM "
                                                 "old))",
                                             parameters, "count what is old");
  return {.traces = static_cast<std::uint64_t>(rows.integer(0, 0)),
          .spans = static_cast<std::uint64_t>(rows.integer(0, 1))};
}

Pruned prune_postgresql(const Secret& connection_string, const PruneRequest& request) {
  require_by_age(request);
  PostgresqlOptions options{.connection_string = connection_string};
  PostgresqlStore store(std::move(options));
  const PostgresqlPruneResult result = store.prune(*request.before);
  return {.traces = result.traces,
          .spans = result.spans,
          .events = result.events,
          .metrics = result.metrics,
          .partitions = result.partitions};
}

}  // namespace spark::sparktel
