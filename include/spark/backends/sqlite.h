// SqliteStore keeps records in one SQLite file: local, durable, readable by the sqlite3 shell through the
// views traces, spans, events, metrics and graphs. The file's format and the rules for those who share it are
// in docs/sqlite-format.md.
//
// Made by the manager for Backend::sqlite, or directly; whoever makes it owns it. The constructor opens the
// file and, unless it is read-only, creates it. Several stores, of one process or of many, may use one file
// at the same time. A store must not be used or destroyed in a forked child: SQLite forbids it.
//
// Any thread may query or use documents while another writes. Everything throws Error with the file's name
// and SQLite's message in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
  // Only look: the file must exist, writing and put() throw Error(unsupported).
  bool read_only = false;
};

class SqliteStore final : public Store {
 public:
  // Throws Error: not_found (no such directory, or no such file if read_only), permission_denied, corrupt
  // (not a database), too_new (of a later version), invalid_argument (another program's database, or an
  // option out of range), unavailable (locked by another, disk full).
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

  // Survives a power cut when it returns, whatever the durability of records.
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content,
                    std::uint64_t expected_revision) override;
  [[nodiscard]] std::optional<Document> get(std::string_view kind, std::string_view id) override;
  [[nodiscard]] std::vector<std::string> list(std::string_view kind) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spark
