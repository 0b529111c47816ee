// Writer is the one connection of a store that writes and deletes: batches, documents, and a step of pruning, each in a
// transaction of its own, under the lock file. It also checkpoints, under the same lock, as nobody else may (see
// lock_file.h). Owned by the store, which calls it from one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/sqlite/connection.h"
#include "backends/sqlite/lock_file.h"
#include "backends/sqlite/numbers.h"
#include "backends/sqlite/pruner.h"
#include "spark/backends/sqlite.h"

namespace spark::detail::sqlite {

class Writer {
 public:
  // The connection's file is already prepared.
  Writer(Connection connection, LockFile& lock, const SqliteOptions& options);
  Writer(const Writer&) = delete;  // the connection's hook keeps an address inside
  Writer& operator=(const Writer&) = delete;

  // All of it or, by an exception, nothing.
  void write(const Batch& batch);
  // As Store::put.
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content, std::uint64_t expected_revision);
  // One transaction's part of the goal: by size while the file is too large, then by age. Adds to `result`, whose
  // bytes_in_use it sets.
  PruneLeft prune(const PruneGoal& goal, PruneResult& result);
  // The next prunings, until one leaves nothing, look at all trace ids without a trace.
  void look_at_all_orphans() { pruner().look_at_all_orphans(); }
  // Of the database, without its free pages.
  [[nodiscard]] std::uint64_t bytes_in_use();

 private:
  // Where a row goes in its table and what it is made of. Rows are written in the order of their keys:
  // neighbours share pages, and the trace's number is looked up once.
  struct SpanRow {
    std::int64_t trace;
    std::int64_t span;
    const SpanView* view;
  };
  struct EventRow {
    std::int64_t trace;
    std::int64_t time_ns;
    EventId id;
    const EventView* recorded;  // one of the two
    const SpanEventView* of_span;
    SpanId span;
  };
  struct MetricRow {
    std::int64_t trace;
    const MetricView* view;
  };

  void write_traces(const Batch& batch, std::int64_t resource);
  void write_spans(const Batch& batch, std::int64_t resource);
  void write_implied_trace(const SpanRow& row, std::int64_t resource);
  void write_events(const Batch& batch, std::int64_t resource);
  void write_metrics(const Batch& batch, std::int64_t resource);
  void write_graphs(const Batch& batch, std::int64_t resource);

  // Valid until the next call.
  [[nodiscard]] std::string_view json(AttributesView attributes);
  void bind_name_or_null(Statement& statement, int index, std::string_view text);
  static void bind_span_or_null(Statement& statement, int index, SpanId span);
  void checkpoint_if_due() noexcept;
  // Prepared when first needed: most stores never delete.
  [[nodiscard]] Pruner& pruner();

  Connection connection_;
  LockFile& lock_;
  const Seconds busy_timeout_;
  const Durability durability_;

  Numbers numbers_;
  Statement insert_trace_, insert_implied_, insert_span_, insert_event_, insert_metric_, insert_graph_;
  Statement select_revision_, upsert_document_;
  Statement page_count_, free_pages_;
  std::optional<Pruner> pruner_;
  const std::int64_t page_bytes_;

  std::string json_;
  std::vector<SpanRow> span_rows_;
  std::vector<EventRow> event_rows_;
  std::vector<MetricRow> metric_rows_;

  int log_pages_ = 0;              // in the write-ahead log after the last commit
  std::int64_t checkpoint_pages_;  // between two checkpoints
  std::int64_t checkpoint_at_;
};

}  // namespace spark::detail::sqlite
