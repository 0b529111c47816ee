#include "backends/postgresql/schema.h"

#include "backends/postgresql/sql_error.h"
#include "spark/base/error.h"

namespace spark::detail::postgresql {
namespace {

// "Spark" and "tele": whoever else takes advisory locks in this database takes others.
constexpr const char* take_schema_lock = "SELECT pg_advisory_xact_lock(1399874930, 1952803941)";
constexpr const char* reading = "read the version of its tables";
constexpr const char* making_tables = "make its tables";

// Names and kinds compare by bytes, which is what COLLATE "C" says and what costs least. A trace is one row whatever
// its times are, since two processes may tell them differently; so its table is not partitioned. All other keys hold
// the time, which partitions, hypertables and their indexes need, and the trace's id, which Citus distributes by.
constexpr const char* small_tables = R"sql(
CREATE TABLE spark_meta (key text PRIMARY KEY, value text NOT NULL);

CREATE TABLE resources (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest uuid NOT NULL UNIQUE,
  resource jsonb NOT NULL);

CREATE TABLE traces_data (
  trace_id uuid PRIMARY KEY,
  start_ns bigint NOT NULL,
  end_ns bigint,
  duration_ns bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  status smallint NOT NULL,
  root_span_id bigint,
  graph_hash text COLLATE "C" NOT NULL,
  resource bigint NOT NULL,
  attributes jsonb NOT NULL) WITH (fillfactor = 80);
CREATE INDEX traces_by_start ON traces_data (start_ns, trace_id);

CREATE TABLE implied_traces (
  trace_id uuid PRIMARY KEY,
  start_ns bigint NOT NULL,
  end_ns bigint NOT NULL,
  name text COLLATE "C" NOT NULL,
  status smallint NOT NULL,
  root_span_id bigint NOT NULL,
  root_start_ns bigint NOT NULL,
  resource bigint NOT NULL);
CREATE INDEX implied_traces_by_start ON implied_traces (start_ns, trace_id);

CREATE TABLE graphs_data (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash text COLLATE "C" NOT NULL UNIQUE,
  graph_id text COLLATE "C" NOT NULL,
  version text COLLATE "C" NOT NULL,
  resource bigint NOT NULL,
  content jsonb NOT NULL);

CREATE TABLE documents (
  kind text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (kind, id));

CREATE TABLE dead_letters (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest uuid NOT NULL UNIQUE,
  set_aside_at timestamptz NOT NULL DEFAULT now(),
  kind text NOT NULL,
  reason text NOT NULL,
  record text NOT NULL);

-- The member of an object behind a key that begins with "$": objects that stand for something else have one such key
-- alone, and a record's own object of that form is wrapped (json.h).
CREATE FUNCTION spark_member(value jsonb, key text) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$SELECT CASE WHEN jsonb_typeof(value) <> 'object' THEN NULL
  WHEN value ? '$object' AND value - '$object' = '{}' THEN value -> '$object' -> key
  WHEN value - key = '{}' THEN NULL ELSE value -> key END$$;
)sql";

struct LargeTable {
  const char* name;
  const char* time;
  const char* columns;
};

constexpr LargeTable large_tables[] = {{"spans_data", "start_ns", R"sql(
  trace_id uuid NOT NULL,
  start_ns bigint NOT NULL,
  span_id bigint NOT NULL,
  parent_id bigint,
  name text COLLATE "C" NOT NULL,
  kind smallint NOT NULL,
  duration_ns bigint NOT NULL,
  status smallint NOT NULL,
  status_message text COLLATE "C" NOT NULL,
  error_type text COLLATE "C" NOT NULL,
  resource bigint NOT NULL,
  attributes jsonb NOT NULL,
  PRIMARY KEY (trace_id, start_ns, span_id))sql"},
                                       {"events_data", "time_ns", R"sql(
  trace_id uuid NOT NULL,
  time_ns bigint NOT NULL,
  event_id uuid NOT NULL,
  span_id bigint,
  source smallint NOT NULL,
  type text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  resource bigint NOT NULL,
  attributes jsonb NOT NULL,
  PRIMARY KEY (trace_id, time_ns, event_id))sql"},
                                       {"metrics_data", "time_ns", R"sql(
  trace_id uuid NOT NULL,
  time_ns bigint NOT NULL,
  metric_id uuid NOT NULL,
  span_id bigint,
  name text COLLATE "C" NOT NULL,
  value float8 NOT NULL,
  unit text COLLATE "C" NOT NULL,
  aggregation_type smallint NOT NULL,
  resource bigint NOT NULL,
  attributes jsonb NOT NULL,
  distribution jsonb,
  PRIMARY KEY (trace_id, time_ns, metric_id))sql"}};

// For a role that owns the tables, where those that write may make none: days ahead, as many as it likes.
constexpr const char* make_partitions_function = R"sql(
CREATE FUNCTION spark_make_partitions(from_day date, days int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  day bigint;
  name text;
BEGIN
  FOR day IN SELECT from_day - date 'epoch' + i FROM generate_series(0, days - 1) AS i LOOP
    FOREACH name IN ARRAY ARRAY['spans_data', 'events_data', 'metrics_data'] LOOP
      EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%s) TO (%s)',
        name || '_p' || to_char(date 'epoch' + day::int, 'YYYYMMDD'), name,
        day * 86400000000000, (day + 1) * 86400000000000);
    END LOOP;
  END LOOP;
END $$;
)sql";

std::string gin_on(const std::string& table) {
  // Smaller than the default class and quicker to write; it serves containment, which is what we ask for.
  return "CREATE INDEX " + table + "_attributes ON " + table + " USING gin (attributes jsonb_path_ops);\n";
}

struct Found {
  std::int64_t version = 0;
  Layout layout = {};
};

Found look(Connection& connection, Deadline deadline) {
  // Reading a table makes the session hear of tables that others made while it waited for the lock; to_regclass alone
  // would go by what it remembers.
  const Result is_there =
      connection.query("SELECT to_regclass('spark_meta') IS NOT NULL FROM pg_class LIMIT 1", {}, deadline, reading);
  if (!is_there.boolean(0, 0)) return {};
  const Result rows = connection.query("SELECT key, value FROM spark_meta", {}, deadline, reading);
  Found found;
  for (int row = 0; row < rows.rows(); ++row) {
    const std::string key(rows.octets(row, 0)), value(rows.octets(row, 1));
    if (key == "version") found.version = std::strtoll(value.c_str(), nullptr, 10);
    if (key == "partitioning" && value == "native") found.layout.partitioning = Partitioning::native;
    if (key == "gin") found.layout.gin = value == "on";
  }
  return found;
}

void migrate(Connection& connection, const PostgresqlOptions& options, Deadline deadline,
             std::span<const Migration> migrations) {
  connection.execute(std::string("BEGIN; ") + take_schema_lock, deadline, making_tables);
  const auto latest = static_cast<std::int64_t>(migrations.size());
  Found found = look(connection, deadline);
  if (found.version < latest) {
    const bool is_new = found.version == 0;
    if (is_new) found.layout = {options.partitioning.value_or(Partitioning::none), options.gin};
    std::string sql = is_new ? "" : "DROP VIEW IF EXISTS traces, spans, events, metrics, graphs;\n";
    for (const Migration migration : migrations.subspan(static_cast<std::size_t>(found.version))) {
      sql += migration(found.layout);
    }
    sql += views_sql();
    sql += "INSERT INTO spark_meta VALUES ('version', '" + std::to_string(latest) + "'), ('partitioning', '" +
           std::string(to_string(found.layout.partitioning)) + "'), ('gin', '" + (found.layout.gin ? "on" : "off") +
           "') ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.execute(sql, deadline, making_tables);
  }
  connection.execute("COMMIT", deadline, making_tables);
}

void migrate_or_explain(Connection& connection, const PostgresqlOptions& options, Deadline deadline,
                        std::span<const Migration> migrations) {
  try {
    migrate(connection, options, deadline, migrations);
  } catch (const StatementError& error) {
    connection.execute("ROLLBACK", deadline, making_tables);
    if (error.code() != ErrorCode::permission_denied) throw;
    throw Error(ErrorCode::permission_denied,
                std::string(error.what()) +
                    "; its role needs the right to create in the schema, or somebody who has it makes the tables "
                    "once, by opening this store");
  }
}

}  // namespace

std::string create_version_1(const Layout& layout) {
  const bool is_native = layout.partitioning == Partitioning::native;
  std::string sql = small_tables;
  if (is_native) sql += make_partitions_function;
  if (layout.gin) sql += gin_on("traces_data");
  for (const LargeTable& table : large_tables) {
    const std::string name = table.name, time = table.time;
    sql += "CREATE TABLE " + name + " (" + table.columns + ")";
    if (is_native) sql += " PARTITION BY RANGE (" + time + ")";
    sql += ";\n";
    // What lies on no day that has a partition.
    if (is_native) sql += "CREATE TABLE " + name + "_default PARTITION OF " + name + " DEFAULT;\n";
    sql += "CREATE INDEX " + name + "_by_time ON " + name + " USING brin (" + time + ");\n";
    if (layout.gin) sql += gin_on(name);
  }
  return sql;
}

Layout prepare_database(Connection& connection, const PostgresqlOptions& options, Deadline deadline,
                        std::span<const Migration> migrations) {
  constexpr int oldest_server = 140'000;
  if (connection.server_version() < oldest_server) {
    throw Error(ErrorCode::unsupported,
                connection.message("use it", "the server is older than PostgreSQL 14, the first that will do"));
  }
  const auto latest = static_cast<std::int64_t>(migrations.size());
  Found found = look(connection, deadline);
  if (found.version < latest) {
    if (!options.manage_schema) {
      throw Error(
          found.version == 0 ? ErrorCode::not_found : ErrorCode::unsupported,
          connection.message(
              "use it", found.version == 0
                            ? "it has no tables of telemetry: nothing was recorded there yet, and none are made here, "
                              "because manage_schema is off"
                            : "its tables are of version " + std::to_string(found.version) + ", this library's of " +
                                  std::to_string(latest) + ", and manage_schema is off"));
    }
    migrate_or_explain(connection, options, deadline, migrations);
    found = look(connection, deadline);
  }
  if (found.version > latest) {
    throw Error(ErrorCode::too_new,
                connection.message("use it", "its tables were made by a later version of this library (version " +
                                                 std::to_string(found.version) + ", this one knows up to " +
                                                 std::to_string(latest) + "); update this program"));
  }
  if (options.partitioning && *options.partitioning != found.layout.partitioning) {
    throw Error(ErrorCode::invalid_argument,
                connection.message("use it", "its tables have partitioning " +
                                                 std::string(to_string(found.layout.partitioning)) + ", not " +
                                                 std::string(to_string(*options.partitioning))));
  }
  return found.layout;
}

}  // namespace spark::detail::postgresql
