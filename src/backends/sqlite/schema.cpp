#include "backends/sqlite/schema.h"

#include "spark/base/error.h"

namespace spark::detail::sqlite {
namespace {

// Numbers are AUTOINCREMENT because writers cache them: without it, a number deleted by retention would come
// back as another trace or name. Number 0 is no trace: a column that is part of a key cannot be NULL.
constexpr const char* tables_of_version_1 = R"sql(
CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('epoch', 0);

CREATE TABLE names (number INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE);
CREATE TABLE trace_ids (number INTEGER PRIMARY KEY AUTOINCREMENT, trace_id BLOB NOT NULL UNIQUE);
CREATE TABLE resources (number INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL UNIQUE);

CREATE TABLE traces_data (
  trace INTEGER PRIMARY KEY,
  name INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER,
  status INTEGER NOT NULL,
  root_span INTEGER,
  graph INTEGER,
  resource INTEGER NOT NULL,
  attributes TEXT NOT NULL);
CREATE INDEX traces_by_start ON traces_data (start_ns);

CREATE TABLE implied_traces (
  trace INTEGER PRIMARY KEY,
  name INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  status INTEGER NOT NULL,
  root_span INTEGER NOT NULL,
  root_start_ns INTEGER NOT NULL,
  resource INTEGER NOT NULL);
CREATE INDEX implied_traces_by_start ON implied_traces (start_ns);

CREATE TABLE spans_data (
  trace INTEGER NOT NULL,
  span INTEGER NOT NULL,
  parent INTEGER,
  name INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  status INTEGER NOT NULL,
  status_message TEXT,
  error_type INTEGER,
  resource INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  PRIMARY KEY (trace, span)) WITHOUT ROWID;

CREATE TABLE events_data (
  trace INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  id_high INTEGER NOT NULL,
  id_low INTEGER NOT NULL,
  span INTEGER,
  source INTEGER NOT NULL,
  type INTEGER,
  name INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  PRIMARY KEY (trace, time_ns, id_high, id_low)) WITHOUT ROWID;

CREATE TABLE metrics_data (
  trace INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  id_high INTEGER NOT NULL,
  id_low INTEGER NOT NULL,
  span INTEGER,
  name INTEGER NOT NULL,
  value REAL,
  unit INTEGER,
  aggregation_type INTEGER NOT NULL,
  resource INTEGER NOT NULL,
  attributes TEXT NOT NULL,
  distribution TEXT,
  PRIMARY KEY (trace, time_ns, id_high, id_low)) WITHOUT ROWID;

CREATE TABLE graphs_data (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  hash TEXT NOT NULL UNIQUE,
  graph_id TEXT NOT NULL,
  version TEXT NOT NULL,
  resource INTEGER NOT NULL,
  content TEXT NOT NULL);

CREATE TABLE documents (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (kind, id)) WITHOUT ROWID;
)sql";

void drop_views(Connection& connection) {
  connection.execute(
      "DROP VIEW IF EXISTS traces; DROP VIEW IF EXISTS spans; DROP VIEW IF EXISTS events; DROP VIEW IF "
      "EXISTS metrics;"
      "DROP VIEW IF EXISTS graphs");
}

void migrate(Connection& connection, std::int64_t from, std::span<const Migration> migrations) {
  Transaction transaction(connection, "BEGIN IMMEDIATE");
  drop_views(connection);
  for (const Migration migration : migrations.subspan(static_cast<std::size_t>(from))) migration(connection);
  connection.execute(views_sql().c_str());
  // Whoever writes to the file now, with statements for the old version, looks at the epoch first.
  connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'epoch'");
  connection.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  connection.execute(("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
  transaction.commit();
}

struct Identity {
  std::int64_t application;
  std::int64_t version;
  std::int64_t objects;  // tables, views, indexes
};

Identity read_identity(Connection& connection) {
  // The first statements that look into the file, so that their failure is one of opening it.
  const auto read = [&](const char* sql) {
    Statement statement(connection, sql, "open it");
    return statement.step() ? statement.integer(0) : 0;
  };
  return {read("PRAGMA application_id"), read("PRAGMA user_version"), read("SELECT count(*) FROM sqlite_schema")};
}

[[noreturn]] void refuse_version(const Connection& connection, std::int64_t version) {
  throw Error(ErrorCode::too_new, "SQLite database " + connection.path() +
                                      " was written by a later version of this library (its format is version " +
                                      std::to_string(version) + ", this one knows up to " +
                                      std::to_string(schema_version) + "); update this program, or name another file");
}

void check_identity(const Connection& connection, const Identity& identity) {
  const std::string file = "SQLite database " + connection.path();
  if (identity.application == 0 && identity.objects == 0) {
    throw Error(ErrorCode::invalid_argument,
                file + " holds no telemetry; if it was copied, its -wal file was left behind: copy both");
  }
  if (identity.application != application_id) {
    throw Error(ErrorCode::invalid_argument, file + " belongs to another program (its application_id is " +
                                                 std::to_string(identity.application) + ", ours is " +
                                                 std::to_string(application_id) + "); name another file");
  }
  if (identity.version > schema_version) refuse_version(connection, identity.version);
}

}  // namespace

void create_version_1(Connection& connection) { connection.execute(tables_of_version_1); }

void prepare_database(Connection& connection, std::span<const Migration> migrations) {
  Identity identity = read_identity(connection);
  const bool is_new = identity.application == 0 && identity.version == 0 && identity.objects == 0;
  if (!is_new) check_identity(connection, identity);
  // Neither can be changed inside a transaction; a process killed here leaves a file that is still new to the
  // next one. The page size is measured (docs/decisions/0003) and only obeyed by a new file.
  connection.execute("PRAGMA page_size = 8192");
  connection.execute("PRAGMA journal_mode = WAL");
  if (is_new || identity.version < schema_version) migrate(connection, identity.version, migrations);
}

void check_version(Connection& connection) {
  const std::int64_t version = connection.query_integer("PRAGMA user_version");
  if (version > schema_version) refuse_version(connection, version);
}

void check_database(Connection& connection) {
  const Identity identity = read_identity(connection);
  check_identity(connection, identity);
  if (identity.version < schema_version) {
    throw Error(ErrorCode::unsupported, "SQLite database " + connection.path() + " has the older format version " +
                                            std::to_string(identity.version) +
                                            "; open it once for writing to bring it to " +
                                            std::to_string(schema_version));
  }
}

}  // namespace spark::detail::sqlite
