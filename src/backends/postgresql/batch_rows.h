// The rows that a batch becomes, table by table, in the order of their keys: then two writers of the same rows wait for
// each other in one order, and neighbours share pages. Of the traces those that begin in the batch come first, which
// nobody else has, and then, in their order, those that others may write too. Refers to the batch, which must live as
// long.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "backends/postgresql/row_encoder.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/stats.h"

namespace spark::detail::postgresql {

// What is fixed about a table.
struct TableShape {
  const char* name;
  const char* columns;  // in the order of the fields
  std::span<const Type> types;
  const char* on_conflict;  // what a merge does where the key is there already
  const char* attempted;    // for messages
};

// A row that the server has refused: what to keep of it and what it counts as.
struct RefusedRow {
  std::string kind;
  std::string record;  // JSON, whole
  // Of each RecordKind.
  std::vector<RecordKind> counts;
};

struct TableRows {
  const TableShape* shape;
  bool is_copied;  // at the first attempt: rows that nobody can have written before
  std::size_t count;
  std::function<void(RowEncoder& encoder, std::size_t row)> encode;
  std::function<RefusedRow(std::size_t row)> describe;
};

class BatchRows {
 public:
  BatchRows(const Batch& batch, std::int64_t resource);
  BatchRows(const BatchRows&) = delete;  // the tables refer to it
  BatchRows& operator=(const BatchRows&) = delete;

  // Those that have rows, in the order in which they are written.
  [[nodiscard]] const std::vector<TableRows>& tables() const noexcept { return tables_; }
  // Days since 1970 of the rows of partitioned tables, each once.
  [[nodiscard]] std::vector<std::int64_t> days() const;

 private:
  struct ImpliedTrace {
    TraceId trace_id;
    std::int64_t start_ns, end_ns, root_start_ns;
    const SpanView* root;
  };
  struct EventRow {
    TraceId trace_id;
    std::int64_t time_ns;
    EventId id;
    SpanId span;
    EventSource source;
    const EventView* recorded;  // one of the two
    const SpanEventView* of_span;
  };

  void add_traces();
  void add_traces(std::size_t from, std::size_t to, bool are_new);
  void add_implied_traces();
  void add_spans();
  void add_events();
  void add_metrics();
  void add_graphs();

  const Batch& batch_;
  const std::int64_t resource_;
  std::vector<const TraceView*> traces_;
  std::vector<ImpliedTrace> implied_;
  std::vector<const SpanView*> spans_;
  std::vector<EventRow> events_;
  std::vector<const MetricView*> metrics_;
  std::vector<const GraphDefinition*> graphs_;
  std::vector<TableRows> tables_;
};

inline constexpr std::int64_t nanoseconds_of_day = 86'400'000'000'000;
[[nodiscard]] constexpr std::int64_t day_of(std::int64_t ns) noexcept {
  return ns / nanoseconds_of_day - (ns % nanoseconds_of_day < 0 ? 1 : 0);
}

}  // namespace spark::detail::postgresql
