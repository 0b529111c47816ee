// PostgresqlStore keeps records in a PostgreSQL database (14 or later; tested with 15): the backend of many machines.
// People read it through the views traces, spans, events, metrics and graphs.
//
// Made by the manager for Backend::postgresql, or directly; whoever makes it owns it. The constructor connects to
// nothing: tables are made, or brought to this version, when they are first needed, by whichever of many processes
// comes first, under an advisory lock. Any thread may query or use documents while another writes. A forked child
// cannot use its parent's store (it throws unsupported; destroying and abandoning it do nothing) and makes one of its
// own; a manager in the child does so by itself. The child closes its copies of the store's sockets as it begins.
//
// A write that may succeed when it is tried again throws RetryableError: the server is away, starting, out of
// connections, or did not answer in time. So put a ReliableSink around it, as the manager does.
//
// Messages never hold a password, nor anything else of a connection string than host, port, database and user.
//
// What PostgreSQL cannot keep: the sign of a zero in attributes, and U+0000 in texts, which the manager replaces before
// it writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "spark/base/secret.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/sink.h"

namespace spark {

// How the large tables lie in the database. Decided when the tables are made.
enum class Partitioning : std::uint8_t {
  none,    // one table each; also what Citus and TimescaleDB start from
  native,  // a partition for each day (UTC) of start; retention drops whole days
};

// "none", "native". Static storage.
[[nodiscard]] std::string_view to_string(Partitioning) noexcept;

struct PostgresqlOptions {
  // A URI or keywords and values, as libpq has them, with all of libpq's parameters; empty: libpq's environment
  // (PGHOST, PGDATABASE, …). Besides, with the meaning of the options below, which they overrule: min_size, max_size,
  // partitioning=none|native, gin=on|off, manage_schema=on|off, write_time_limit (in whole seconds).
  Secret connection_string = {};

  // Connections for queries, besides the one that writes: as many are kept once they were opened (the one used last in
  // any case), and as many are open at a time; further queries wait for their turn, within their time limit. 0 to
  // max_size; 1 to 1,000.
  std::uint32_t min_size = 1;
  std::uint32_t max_size = 4;

  // Of new tables; empty: none. Where there are tables already, theirs counts, and another one is an error.
  std::optional<Partitioning> partitioning = {};
  // Of new tables: whether attributes have a GIN index. With it, a query for an attribute's value is quick; without it,
  // writing is.
  bool gin = true;
  // false: makes, changes and drops no tables, for a role that has no right to. They must be there, in this version.
  // With native partitions, somebody who owns them makes the days' ahead: SELECT spark_make_partitions(current_date,
  // 7), by the clock of UTC. Rows of days that have none lie in the default partition, and retention deletes row by
  // row.
  bool manage_schema = true;

  // A query that takes longer throws Error(timeout); waiting for a connection counts. More than zero.
  Seconds query_time_limit{30};
  // A write that takes longer throws RetryableError(timeout). More than zero, at most a day. (Connecting has
  // connect_timeout of the connection string, 5 s by default, for each of several hosts in turn; looking up the name of
  // a host takes what the system's resolver takes, which hostaddr avoids.) It is how long a server
  // that hangs holds the sink's thread, with a spool too: meanwhile the queue fills (TelemetryConfig). A batch of
  // 10,000 records takes less than a second; a server that is far away or loaded may need more.
  Seconds write_time_limit{10};

  Durability durability = Durability::process;  // `power` insists on synchronous_commit

  // Retention, applied by the store itself after a write, a little at a time. Traces that ended longer ago go, with all
  // that belongs to them, and what was set aside longer ago; with native partitions, days before that. 0: none. Not
  // negative.
  Seconds retention_age{0};
  // What tells the time for retention_age, and when partitions are tried again. Must outlive the store; null: the
  // system's.
  Clock* clock = nullptr;
};

// What was deleted, by kind of row. Rows of partitions that were dropped are not counted one by one.
struct PostgresqlPruneResult {
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  std::uint64_t events = 0;
  std::uint64_t metrics = 0;
  std::uint64_t partitions = 0;    // dropped
  std::uint64_t dead_letters = 0;  // by when they were set aside

  bool operator==(const PostgresqlPruneResult&) const = default;
};

class PostgresqlStore final : public Store {
 public:
  // Connects to nothing. Throws Error(invalid_argument) for an option out of range or a connection string that is none.
  explicit PostgresqlStore(PostgresqlOptions options = {});
  ~PostgresqlStore() override;

  // "postgresql host:port/database as user".
  [[nodiscard]] std::string_view name() const noexcept override;
  [[nodiscard]] std::string destination() const override;

  // One transaction. Rows that the server refuses, by a constraint, a trigger or a policy, are set aside in the table
  // dead_letters, with the reason, and count as rejected (take_refusals); all others are stored. To find them the batch
  // is written in parts, each a transaction of its own and with a time limit of its own: readers may see some of it
  // before the rest, and if the server is lost then, the rest is missing until the batch is written again. dead_letters
  // holds a record once, and 100,000 rows at most; beyond that they are counted only.
  //
  // Throws RetryableError also where somebody has to do something first: tables that are not there, too old or too new,
  // or that the role has no right to. The message says what.
  void write(const Batch& batch) override;
  // Every write is committed when it returns, so there is nothing to wait for.
  void flush(Deadline deadline) override;
  [[nodiscard]] Refusals take_refusals() override;
  // Ends what is under way within milliseconds, and all later writes and queries.
  bool abandon() noexcept override;

  [[nodiscard]] Page<Trace> query_traces(const TraceQuery& query) override;
  [[nodiscard]] Page<Span> query_spans(const SpanQuery& query) override;
  [[nodiscard]] Page<Event> query_events(const EventQuery& query) override;
  [[nodiscard]] Page<Metric> query_metrics(const MetricQuery& query) override;
  [[nodiscard]] Page<GraphDefinition> query_graphs(const GraphQuery& query) override;
  // In the order of trace ids. Reads piece by piece, without one snapshot for all.
  void each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) override;

  // Computed by the server, so that percentiles are exact however many numbers there are. Only the metrics of groups
  // that hold a distribution are read instead. Durations are summed as nanoseconds and other numbers by their shortest
  // decimal form, both exactly.
  [[nodiscard]] Groups aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_events(const EventQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) override;

  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content,
                    std::uint64_t expected_revision) override;
  [[nodiscard]] std::optional<Document> get(std::string_view kind, std::string_view id) override;
  [[nodiscard]] std::vector<std::string> list(std::string_view kind) override;

  // Deletes the traces that ended (or, without an end, started) earlier, with all that belongs to them, and what
  // belongs to no trace and is older, and what was set aside earlier. With native partitions it drops the days that lie
  // before, whatever trace their spans, events and metrics belong to. Short transactions; others go on. Blocks until
  // done; safe from any thread.
  PostgresqlPruneResult prune(Timestamp before);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark
