// SqliteStore keeps records in one SQLite file: local, durable, readable by the sqlite3 shell through the
// views traces, spans, events, metrics and graphs. The file's format and the rules for those who share it are
// in docs/sqlite-format.md.
//
// Made by the manager for Backend::sqlite, or directly; whoever makes it owns it. The constructor opens the
// file and, unless it is read-only, creates it. Several stores, of one process or of many, may use one file
// at the same time. A forked child cannot use its parent's store (it throws unsupported; destroying it closes nothing)
// and opens one of its own; a manager in the child does so by itself.
//
// Any thread may query or use documents while another writes. Everything throws Error with the file's name
// and SQLite's message in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "spark/telemetry/config.h"
#include "spark/telemetry/sink.h"

namespace spark {

struct SqliteOptions {
  std::string path = "telemetry.db";  // relative ones are resolved once, when the store is made
  // What a completed write means. `power` costs an fsync a write.
  Durability durability = Durability::process;
  // A query that takes longer throws Error(timeout); waiting for a reader counts. More than zero.
  Seconds query_time_limit{30};
  // How long a write waits for other writers before it throws Error(unavailable).
  Seconds busy_timeout{10};
  // Concurrent queries; further ones wait their turn, within their time limit. Each costs a connection. 1 or
  // more.
  std::uint32_t readers = 4;
  // The write-ahead log is copied into the file when it has grown by this much. Larger: faster writes, more
  // disk.
  std::size_t checkpoint_bytes = 40 << 20;
  // Only look: the file must exist; writing, put() and prune() throw Error(unsupported).
  bool read_only = false;
  // Retention, applied by the store itself after a write, a little at a time: what is deleted is what prune() deletes.
  // Traces that ended longer ago go; 0: none. Not negative.
  Seconds retention_age{0};
  // While the pages in use take more, the oldest traces go; one write may lie above it. 0: no bound, else 1 MiB or
  // more. The file itself does not shrink, its free pages are used again.
  std::size_t retention_bytes = 0;
  // What tells the time for retention_age. Must outlive the store; null: the system's.
  Clock* clock = nullptr;
};

// What was deleted, by kind of row; a trace counts once, whether started here or known from its spans only.
struct PruneResult {
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  std::uint64_t events = 0;
  std::uint64_t metrics = 0;
  std::uint64_t transactions = 0;
  std::uint64_t bytes_in_use = 0;  // afterwards: the database without its free pages
  bool complete = false;           // false: `progress` ended it

  bool operator==(const PruneResult&) const = default;
};

// What prune() deletes: by time, or by size, or both. The default deletes nothing.
struct PruneOptions {
  // Traces that ended (or, without an end, started) earlier, and what belongs to no trace and is older.
  std::optional<Timestamp> before = {};
  // The oldest traces, until the pages in use take no more than this. 0: no bound.
  std::size_t max_bytes = 0;
  // Work of one transaction, during which other writers wait. 4,000 rows take about 5 ms. 1 to 1,000,000.
  std::size_t rows_per_transaction = 4'000;
  // Called after each transaction, outside of it, on the calling thread; false ends the work. May be empty.
  std::function<bool(const PruneResult&)> progress = {};
};

class SqliteStore final : public Store {
 public:
  // Throws Error: not_found (no such directory, or no such file if read_only), permission_denied, corrupt
  // (not a database), too_new (of a later version), invalid_argument (another program's database, or an
  // option out of range, or a directory), unavailable (locked by another, disk full). Then nothing was changed.
  explicit SqliteStore(SqliteOptions options = {});
  ~SqliteStore() override;

  [[nodiscard]] std::string_view name() const noexcept override;
  // One transaction. Blocks while others write to the file.
  void write(const Batch& batch) override;
  // Every write is committed when it returns, so there is nothing to wait for.
  void flush(Deadline deadline) override;

  [[nodiscard]] Page<Trace> query_traces(const TraceQuery& query) override;
  [[nodiscard]] Page<Span> query_spans(const SpanQuery& query) override;
  [[nodiscard]] Page<Event> query_events(const EventQuery& query) override;
  [[nodiscard]] Page<Metric> query_metrics(const MetricQuery& query) override;
  [[nodiscard]] Page<GraphDefinition> query_graphs(const GraphQuery& query) override;
  // Trace by trace, in the order in which the file came to know them. Reads piece by piece, without one snapshot for
  // all.
  void each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) override;

  // One scan of one snapshot, without making records of rows. Attributes are read only where the query, `by` or
  // `measure` names one.
  [[nodiscard]] Groups aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_events(const EventQuery& query, const Aggregation& aggregation) override;
  [[nodiscard]] Groups aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) override;

  // Survives a power cut when it returns, whatever the durability of records.
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content,
                    std::uint64_t expected_revision) override;
  [[nodiscard]] std::optional<Document> get(std::string_view kind, std::string_view id) override;
  [[nodiscard]] std::vector<std::string> list(std::string_view kind) override;

  // Deletes the oldest traces with their spans, events and metrics. Others go on reading and writing: it works in short
  // transactions and waits between them; what they write meanwhile is deleted too if it is old enough. Names,
  // resources, graphs and documents stay. Blocks until done; safe from any thread. Throws Error; what was deleted
  // before then stays deleted.
  PruneResult prune(const PruneOptions& options);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark
