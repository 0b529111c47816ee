#include "apps/sparktel/postgresql/postgresql_source.h"

#include <chrono>

namespace spark::sparktel {

namespace {

constexpr const char* looking = "look for what is new";

// What started within the window.
std::string since_window(Session::Parameters& parameters) {
  return "start_ns >= (extract(epoch FROM now()) * 1000000000)::bigint - " +
         parameters.bind(std::int64_t{std::chrono::nanoseconds(PostgresqlChanges::window).count()});
}

}  // namespace

std::string PostgresqlChanges::snapshot() {
  return text_at(session_.query("SELECT txid_current_snapshot()::text", looking), 0, 0);
}

std::vector<TraceId> PostgresqlChanges::latest(std::size_t count) {
  from_the_beginning_ = false;
  // First, so that what is written while this looks around is looked at again.
  now_ = looked_at_ = snapshot();
  TraceQuery query{.limit = count};
  query.with_attributes = false;
  std::vector<TraceId> ids;
  for (const Trace& trace : store_.query_traces(query)) ids.push_back(trace.trace_id);
  // And those without a row of their own.
  Session::Parameters parameters;
  const std::string since = since_window(parameters);
  const std::string limit = parameters.bind(static_cast<std::int64_t>(count));
  const Session::Result rows = session_.query("SELECT trace_id FROM spans_data WHERE " + since +
                                                  " GROUP BY trace_id ORDER BY max(start_ns) DESC LIMIT " + limit,
                                              parameters, looking);
  for (int row = 0; row < rows.rows(); ++row) ids.push_back(trace_id_at(rows, row, 0));
  return ids;
}

bool PostgresqlChanges::any() {
  // It changes when a transaction begins to write and when it ends.
  now_ = snapshot();
  return now_ != looked_at_;
}

std::vector<TraceId> PostgresqlChanges::changed(const std::vector<TraceId>& watched) {
  Session::Parameters parameters;
  const std::string is_watched = "trace_id = ANY(" + bind_trace_ids(parameters, watched) + ")";
  // Numbers of transactions wrap around after 2^32 in a row, but not in a snapshot. All that were not over then have
  // one that is not below its first part.
  const std::string next = "(SELECT txid_snapshot_xmax(txid_current_snapshot()))";
  const std::string first = parameters.bind(std::string_view(looked_at_));
  const std::string is_new = "((" + next + " - xmin::text::bigint) & 4294967295) <= " + next +
                             " - txid_snapshot_xmin(" + first + "::txid_snapshot)";
  const std::string is_recent = from_the_beginning_ ? "true" : since_window(parameters);
  std::string sql;
  for (const char* table : {"traces_data", "implied_traces", "spans_data"}) {
    for (const std::string& condition : {is_watched, is_recent}) {
      sql += std::string(sql.empty() ? "" : " UNION ") + "SELECT trace_id FROM " + table + " WHERE " + condition +
             " AND " + is_new;
    }
  }
  const Session::Result rows = session_.query(sql, parameters, looking);
  std::vector<TraceId> ids;
  for (int row = 0; row < rows.rows(); ++row) ids.push_back(trace_id_at(rows, row, 0));
  // Only now: where that failed, it is looked for again.
  looked_at_ = now_;
  from_the_beginning_ = false;
  return ids;
}

std::int64_t PostgresqlChanges::count_spans(TraceId id) {
  Session::Parameters parameters;
  const std::string trace = parameters.bind_uuid(id);
  return session_.query("SELECT count(*) FROM spans_data WHERE trace_id = " + trace, parameters, "count spans")
      .integer(0, 0);
}

}  // namespace spark::sparktel
