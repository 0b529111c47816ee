#include "apps/sparktel/postgresql/postgresql_source.h"

#include <utility>

#include "apps/sparktel/postgresql/postgresql.h"
#include "apps/sparktel/postgresql/sql_rows.h"
#include "apps/sparktel/sources/open.h"
#include "backends/postgresql/conninfo.h"

namespace spark::sparktel {

namespace {

constexpr const char* listing = "list traces";
constexpr const char* counting = "count what there is of traces";

// A store connects when it is first asked; a command wants to know at its beginning.
void require_tables(Store& store) {
  TraceQuery query{.limit = 1};
  query.with_attributes = false;
  static_cast<void>(store.query_traces(query));
}

}  // namespace

std::string name_of_postgresql(const Secret& connection_string) {
  try {
    return "postgresql " +
           detail::postgresql::resolve_settings({.connection_string = connection_string}).target.description;
  } catch (const Error& error) {
    // Who types an argument knows nothing of our options.
    std::string message = error.what();
    constexpr std::string_view option = "PostgresqlOptions.connection_string";
    if (message.starts_with(option)) message.replace(0, option.size(), "the connection string");
    throw Error(error.code(), message);
  }
}

std::unique_ptr<Store> open_postgresql_for_reading(const Secret& connection_string) {
  auto store = std::make_unique<PostgresqlStore>(options_for_reading(connection_string));
  require_tables(*store);
  return store;
}

std::unique_ptr<Source> open_postgresql_source(const Secret& connection_string) {
  auto source = std::make_unique<PostgresqlSource>(connection_string);
  require_tables(source->store());
  return source;
}

std::unique_ptr<Store> open_postgresql_for_writing(const Secret& connection_string) {
  PostgresqlOptions options{.connection_string = connection_string, .query_time_limit = query_time_limit};
  auto store = std::make_unique<PostgresqlStore>(std::move(options));
  require_tables(*store);
  return store;
}

PostgresqlSource::PostgresqlSource(const Secret& connection_string)
    : connection_string_(connection_string),
      name_(name_of_postgresql(connection_string)),
      store_(options_for_reading(connection_string)),
      session_(connection_string, query_time_limit) {}

std::vector<TraceId> PostgresqlSource::trace_ids_after(TraceId id, std::size_t count) {
  Session::Parameters parameters;
  const std::string after = parameters.bind_uuid(id);
  const std::string limit = parameters.bind(static_cast<std::int64_t>(count));
  std::string sql;
  // Each from its own index, in order, so that no more than `count` of each are read.
  for (const char* table : {"traces_data", "implied_traces", "spans_data", "events_data", "metrics_data"}) {
    sql += std::string(sql.empty() ? "" : " UNION ") + "(SELECT DISTINCT trace_id FROM " + table +
           " WHERE trace_id > " + after + " ORDER BY trace_id LIMIT " + limit + ")";
  }
  const Session::Result rows = session_.query(sql + " ORDER BY trace_id LIMIT " + limit, parameters, listing);
  std::vector<TraceId> ids;
  for (int row = 0; row < rows.rows(); ++row) ids.push_back(trace_id_at(rows, row, 0));
  return ids;
}

std::uint64_t PostgresqlSource::count_traces() {
  const Session::Result rows = session_.query(
      "SELECT (SELECT count(*) FROM traces_data) + (SELECT count(*) FROM implied_traces AS i WHERE NOT EXISTS (SELECT "
      "1 "
      "FROM traces_data AS t WHERE t.trace_id = i.trace_id))",
      "count traces");
  return static_cast<std::uint64_t>(rows.integer(0, 0));
}

std::unordered_map<TraceId, TraceContents> PostgresqlSource::contents_of(std::span<const TraceId> ids) {
  Session::Parameters parameters;
  const std::string of = " WHERE trace_id = ANY(" + bind_trace_ids(parameters, ids) + ")";
  // The low 32 bits of a uuid are its last eight hex digits.
  const auto low_bits = [](const std::string& id) { return "('x' || right(" + id + "::text, 8))::bit(32)::bigint"; };
  const auto group = [&](const char* kind, const std::string& table, const std::string& bits) {
    return std::string("SELECT ") + kind + ", trace_id, count(*), sum(" + bits + ")::bigint FROM " + table + of +
           " GROUP BY trace_id";
  };
  const Session::Result rows =
      session_.query("SELECT 0, trace_id, 0::bigint, end_ns FROM traces_data" + of +
                         " UNION ALL SELECT 1, trace_id, 0::bigint, end_ns FROM implied_traces AS i" + of +
                         " AND NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace_id = i.trace_id) UNION ALL " +
                         group("2", "spans_data", "span_id & 4294967295") + " UNION ALL " +
                         group("3", "events_data", low_bits("event_id")) + " UNION ALL " +
                         group("4", "metrics_data", low_bits("metric_id")),
                     parameters, counting);
  std::unordered_map<TraceId, TraceContents> found;
  for (int row = 0; row < rows.rows(); ++row) {
    TraceContents& contents = found[trace_id_at(rows, row, 1)];
    const std::int64_t kind = rows.integer(row, 0);
    if (kind <= 1) {
      (kind == 0 ? contents.is_started : contents.is_implied) = true;
      if (!rows.is_null(row, 3)) contents.end_ns = rows.integer(row, 3);
      continue;
    }
    const auto count = static_cast<std::uint64_t>(rows.integer(row, 2));
    (kind == 2 ? contents.spans : kind == 3 ? contents.events : contents.metrics) = count;
    contents.ids += static_cast<std::uint64_t>(rows.integer(row, 3));
  }
  return found;
}

std::unique_ptr<Changes> PostgresqlSource::follow() { return std::make_unique<PostgresqlChanges>(store_, session_); }

std::unique_ptr<SqlRows> PostgresqlSource::select(const std::string& statement, Seconds time_limit) {
  return std::make_unique<PostgresqlRows>(connection_string_, statement, time_limit);
}

std::vector<SqlView> PostgresqlSource::views() {
  std::vector<SqlView> views;
  for (const std::string view : {"traces", "spans", "events", "metrics", "graphs"}) {
    const Session::Result rows =
        session_.query("SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass('" + view +
                           "') AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                       "list the views");
    std::vector<std::string> columns;
    for (int row = 0; row < rows.rows(); ++row) columns.push_back(text_at(rows, row, 0));
    views.push_back({view, std::move(columns)});
  }
  return views;
}

}  // namespace spark::sparktel
