#include "backends/sqlite/writer.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "backends/sqlite/encoding.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::detail::sqlite {
namespace {

// A trace is merged: the first end wins, and takes the place of a start whichever of the two comes first.
constexpr const char* insert_trace_sql =
    "INSERT INTO traces_data (trace, name, start_ns, end_ns, status, root_span, graph, resource, attributes) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (trace) DO UPDATE SET name = ?2, start_ns = ?3, "
    "end_ns = ?4, "
    "status = ?5, root_span = ?6, graph = ?7, resource = ?8, attributes = ?9 WHERE end_ns IS NULL AND ?4 IS "
    "NOT NULL";

// An implied trace reaches from the first start to the last end of its local roots; the earliest of them
// names it.
constexpr const char* insert_implied_sql =
    "INSERT INTO implied_traces (trace, name, start_ns, end_ns, status, root_span, root_start_ns, resource) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?3, ?7) ON CONFLICT (trace) DO UPDATE SET start_ns = min(start_ns, ?3), "
    "end_ns = max(end_ns, ?4), name = iif((root_start_ns, root_span) <= (?3, ?6), name, ?2), "
    "status = iif((root_start_ns, root_span) <= (?3, ?6), status, ?5), "
    "resource = iif((root_start_ns, root_span) <= (?3, ?6), resource, ?7), "
    "root_span = iif((root_start_ns, root_span) <= (?3, ?6), root_span, ?6), root_start_ns = "
    "min(root_start_ns, ?3)";

constexpr const char* insert_span_sql =
    "INSERT OR IGNORE INTO spans_data (trace, span, parent, name, kind, start_ns, duration_ns, status, "
    "status_message, "
    "error_type, resource, attributes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

constexpr const char* insert_event_sql =
    "INSERT OR IGNORE INTO events_data (trace, time_ns, id_high, id_low, span, source, type, name, resource, "
    "attributes) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

constexpr const char* insert_metric_sql =
    "INSERT OR IGNORE INTO metrics_data (trace, time_ns, id_high, id_low, span, name, value, unit, "
    "aggregation_type, "
    "resource, attributes, distribution) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

constexpr const char* insert_graph_sql =
    "INSERT OR IGNORE INTO graphs_data (hash, graph_id, version, resource, content) VALUES (?1, ?2, ?3, ?4, "
    "?5)";

constexpr const char* upsert_document_sql =
    "INSERT INTO documents (kind, id, revision, content) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (kind, id) DO UPDATE SET revision = ?3, content = ?4";

int remember_log_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

// Inserts arrive nearly in order of traces, since each thread works on one at a time, so look at the last one
// first.
class LastTrace {
 public:
  explicit LastTrace(Numbers& numbers) : numbers_(numbers) {}
  std::int64_t operator()(TraceId id) {
    if (id != id_) {
      number_ = numbers_.trace(id);
      id_ = id;
    }
    return number_;
  }

 private:
  Numbers& numbers_;
  TraceId id_;
  std::int64_t number_ = 0;
};

}  // namespace

Writer::Writer(Connection connection, LockFile& lock, const SqliteOptions& options)
    : connection_(std::move(connection)),
      lock_(lock),
      busy_timeout_(options.busy_timeout),
      durability_(options.durability),
      numbers_(connection_),
      insert_trace_(connection_, insert_trace_sql, "write traces"),
      insert_implied_(connection_, insert_implied_sql, "write implied traces"),
      insert_span_(connection_, insert_span_sql, "write spans"),
      insert_event_(connection_, insert_event_sql, "write events"),
      insert_metric_(connection_, insert_metric_sql, "write metrics"),
      insert_graph_(connection_, insert_graph_sql, "write graphs"),
      select_revision_(connection_, "SELECT revision FROM documents WHERE kind = ?1 AND id = ?2", "read documents"),
      upsert_document_(connection_, upsert_document_sql, "write documents"),
      page_count_(connection_, "PRAGMA page_count", "count pages"),
      free_pages_(connection_, "PRAGMA freelist_count", "count free pages"),
      page_bytes_(connection_.query_integer("PRAGMA page_size")),
      checkpoint_pages_(std::max<std::int64_t>(static_cast<std::int64_t>(options.checkpoint_bytes) / page_bytes_, 1)),
      checkpoint_at_(checkpoint_pages_) {
  connection_.execute(durability_ == Durability::power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  // 16 MiB: what one transaction of 10,000 records touches fits.
  connection_.execute("PRAGMA cache_size = -16384");
  // sqlite3_wal_autocheckpoint uses the same hook, so this also keeps SQLite from checkpointing by itself.
  sqlite3_wal_hook(connection_.handle(), &remember_log_pages, &log_pages_);
}

void Writer::write(const Batch& batch) {
  if (batch.empty()) return;
  const auto held = lock_.lock(busy_timeout_);
  try {
    Transaction transaction(connection_, "BEGIN IMMEDIATE");
    numbers_.begin_transaction();
    const std::int64_t resource = numbers_.resource(batch.resource());
    write_traces(batch, resource);
    write_spans(batch, resource);
    write_events(batch, resource);
    write_metrics(batch, resource);
    write_graphs(batch, resource);
    transaction.commit();
  } catch (...) {
    numbers_.forget();
    throw;
  }
  checkpoint_if_due();
}

void Writer::write_traces(const Batch& batch, std::int64_t resource) {
  if (batch.traces().empty()) return;
  for (const TraceView* trace : reduce_traces(batch)) {
    insert_trace_.bind(1, numbers_.trace(trace->trace_id));
    insert_trace_.bind(2, numbers_.name(trace->name));
    insert_trace_.bind(3, trace->start_ns);
    if (trace->is_end) {
      insert_trace_.bind(4, trace->end_ns);
    } else {
      insert_trace_.bind_null(4);
    }
    insert_trace_.bind(5, static_cast<std::int64_t>(trace->status));
    bind_span_or_null(insert_trace_, 6, trace->root_span_id);
    bind_name_or_null(insert_trace_, 7, trace->graph_hash);
    insert_trace_.bind(8, resource);
    insert_trace_.bind(9, json(trace->attributes));
    insert_trace_.run();
  }
}

void Writer::write_spans(const Batch& batch, std::int64_t resource) {
  if (batch.spans().empty()) return;
  span_rows_.clear();
  span_rows_.reserve(batch.spans().size());
  LastTrace trace_number(numbers_);
  for (const SpanView& span : batch.spans()) {
    span_rows_.push_back({trace_number(span.trace_id), id_to_column(span.span_id.value), &span});
  }
  std::sort(span_rows_.begin(), span_rows_.end(),
            [](const SpanRow& a, const SpanRow& b) { return std::tie(a.trace, a.span) < std::tie(b.trace, b.span); });

  insert_span_.bind(11, resource);
  for (const SpanRow& row : span_rows_) {
    const SpanView& span = *row.view;
    insert_span_.bind(1, row.trace);
    insert_span_.bind(2, row.span);
    bind_span_or_null(insert_span_, 3, span.parent_span_id);
    insert_span_.bind(4, numbers_.name(span.name));
    insert_span_.bind(5, static_cast<std::int64_t>(span.kind));
    insert_span_.bind(6, span.start_ns);
    insert_span_.bind(7, duration_of(span.start_ns, span.end_ns));
    insert_span_.bind(8, static_cast<std::int64_t>(span.status));
    insert_span_.bind_or_null(9, span.status_message);
    bind_name_or_null(insert_span_, 10, span.error_type);
    insert_span_.bind(12, json(span.attributes));
    insert_span_.run();
    if (span.is_local_root) write_implied_trace(row, resource);
  }
}

void Writer::write_implied_trace(const SpanRow& row, std::int64_t resource) {
  const SpanView& span = *row.view;
  // A trace's statuses are a span's after `started`.
  const auto status = static_cast<std::int64_t>(span.status) + 1;
  insert_implied_.bind(1, row.trace);
  insert_implied_.bind(2, numbers_.name(span.name));
  insert_implied_.bind(3, span.start_ns);
  insert_implied_.bind(4, span.end_ns);
  insert_implied_.bind(5, status);
  insert_implied_.bind(6, row.span);
  insert_implied_.bind(7, resource);
  insert_implied_.run();
}

void Writer::write_events(const Batch& batch, std::int64_t resource) {
  event_rows_.clear();
  LastTrace trace_number(numbers_);
  for (const EventView& event : batch.events()) {
    event_rows_.push_back(
        {trace_number(event.trace_id), event.time_ns, event.event_id, &event, nullptr, event.span_id});
  }
  for (const SpanView& span : batch.spans()) {
    for (const SpanEventView& event : span.events) {
      event_rows_.push_back(
          {trace_number(span.trace_id), event.time_ns, event.event_id, nullptr, &event, span.span_id});
    }
  }
  std::sort(event_rows_.begin(), event_rows_.end(), [](const EventRow& a, const EventRow& b) {
    return std::tie(a.trace, a.time_ns, a.id) < std::tie(b.trace, b.time_ns, b.id);
  });

  insert_event_.bind(9, resource);
  for (const EventRow& row : event_rows_) {
    const EventSource source = row.recorded != nullptr ? row.recorded->source : EventSource::span;
    insert_event_.bind(1, row.trace);
    insert_event_.bind(2, row.time_ns);
    insert_event_.bind(3, id_to_column(row.id.high));
    insert_event_.bind(4, id_to_column(row.id.low));
    bind_span_or_null(insert_event_, 5, row.span);
    insert_event_.bind(6, static_cast<std::int64_t>(source));
    bind_name_or_null(insert_event_, 7, row.recorded != nullptr ? row.recorded->type : std::string_view());
    insert_event_.bind(8, numbers_.name(row.recorded != nullptr ? row.recorded->name : row.of_span->name));
    insert_event_.bind(10, json(row.recorded != nullptr ? row.recorded->attributes : row.of_span->attributes));
    insert_event_.run();
  }
}

void Writer::write_metrics(const Batch& batch, std::int64_t resource) {
  metric_rows_.clear();
  LastTrace trace_number(numbers_);
  for (const MetricView& metric : batch.metrics()) metric_rows_.push_back({trace_number(metric.trace_id), &metric});
  std::sort(metric_rows_.begin(), metric_rows_.end(), [](const MetricRow& a, const MetricRow& b) {
    return std::tie(a.trace, a.view->time_ns, a.view->metric_id) <
           std::tie(b.trace, b.view->time_ns, b.view->metric_id);
  });

  std::string distribution;
  insert_metric_.bind(10, resource);
  for (const MetricRow& row : metric_rows_) {
    const MetricView& metric = *row.view;
    insert_metric_.bind(1, row.trace);
    insert_metric_.bind(2, metric.time_ns);
    insert_metric_.bind(3, id_to_column(metric.metric_id.high));
    insert_metric_.bind(4, id_to_column(metric.metric_id.low));
    bind_span_or_null(insert_metric_, 5, metric.span_id);
    insert_metric_.bind(6, numbers_.name(metric.name));
    insert_metric_.bind(7,
                        metric.value);  // SQLite makes NULL of NaN, and the column is NULL for nothing else
    bind_name_or_null(insert_metric_, 8, metric.unit);
    insert_metric_.bind(9, static_cast<std::int64_t>(metric.aggregation_type));
    insert_metric_.bind(11, json(metric.attributes));
    distribution = metric.distribution != nullptr ? distribution_to_json(*metric.distribution) : std::string();
    insert_metric_.bind_or_null(12, distribution);
    insert_metric_.run();
  }
}

void Writer::write_graphs(const Batch& batch, std::int64_t resource) {
  for (const GraphDefinition& graph : batch.graphs()) {
    const std::string content = to_json(graph.content);
    insert_graph_.bind(1, std::string_view(graph.hash));
    insert_graph_.bind(2, std::string_view(graph.graph_id));
    insert_graph_.bind(3, std::string_view(graph.version));
    insert_graph_.bind(4, resource);
    insert_graph_.bind(5, std::string_view(content));
    insert_graph_.run();
  }
}

std::uint64_t Writer::put(std::string_view kind, std::string_view id, const Value& content,
                          std::uint64_t expected_revision) {
  const std::string text = to_json(content);
  try {
    (void)parse_json(text, max_json_depth);
  } catch (const Error& error) {
    // What could not be read back is not taken.
    throw Error(ErrorCode::invalid_argument,
                "document " + std::string(kind) + "/" + std::string(id) + " cannot be stored: " + error.what());
  }
  const auto held = lock_.lock(busy_timeout_);
  // Documents are few and must survive a power cut even where records need not. The pragma has no effect
  // inside a transaction.
  connection_.execute("PRAGMA synchronous = FULL");
  struct Restore {
    Writer& writer;
    ~Restore() {
      if (writer.durability_ == Durability::power) return;
      sqlite3_exec(writer.connection_.handle(), "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
    }
  } const restore{*this};

  Transaction transaction(connection_, "BEGIN IMMEDIATE");
  std::uint64_t stored_revision = 0;
  select_revision_.bind(1, kind);
  select_revision_.bind(2, id);
  {
    const ResetAtExit reset(select_revision_);
    if (select_revision_.step()) stored_revision = static_cast<std::uint64_t>(select_revision_.integer(0));
  }
  if (stored_revision != expected_revision) {
    throw Error(ErrorCode::conflict, "document " + std::string(kind) + "/" + std::string(id) + " has revision " +
                                         std::to_string(stored_revision) + ", not the expected " +
                                         std::to_string(expected_revision));
  }
  upsert_document_.bind(1, kind);
  upsert_document_.bind(2, id);
  upsert_document_.bind(3, static_cast<std::int64_t>(stored_revision + 1));
  upsert_document_.bind(4, std::string_view(text));
  upsert_document_.run();
  transaction.commit();
  checkpoint_if_due();
  return stored_revision + 1;
}

PruneLeft Writer::prune(const PruneGoal& goal, PruneResult& result) {
  PruneResult deleted = result;
  PruneLeft left = PruneLeft::nothing;
  {
    const auto held = lock_.lock(busy_timeout_);
    Transaction transaction(connection_, "BEGIN IMMEDIATE");
    const bool is_too_large = goal.max_bytes > 0 && bytes_in_use() > goal.max_bytes;
    if (is_too_large) {
      left = pruner().step(std::numeric_limits<std::int64_t>::max(), goal.max_rows, deleted);
      // What takes the room may lie among the trace ids that were not looked at yet.
      if (left == PruneLeft::maybe_orphans) left = PruneLeft::rows;
    }
    if (goal.before_ns && left == PruneLeft::nothing) left = pruner().step(*goal.before_ns, goal.max_rows, deleted);
    deleted.bytes_in_use = bytes_in_use();
    transaction.commit();
    checkpoint_if_due();
  }
  deleted.transactions = result.transactions + 1;
  result = deleted;
  return left;
}

Pruner& Writer::pruner() {
  if (!pruner_) pruner_.emplace(connection_);
  return *pruner_;
}

std::uint64_t Writer::bytes_in_use() {
  const auto read = [](Statement& statement) {
    const ResetAtExit reset(statement);
    return statement.step() ? statement.integer(0) : 0;
  };
  return static_cast<std::uint64_t>((read(page_count_) - read(free_pages_)) * page_bytes_);
}

std::string_view Writer::json(AttributesView attributes) {
  if (attributes.empty()) return "{}";
  json_.clear();
  append_json(json_, attributes);
  return json_;
}

void Writer::bind_name_or_null(Statement& statement, int index, std::string_view text) {
  text.empty() ? statement.bind_null(index) : statement.bind(index, numbers_.name(text));
}

void Writer::bind_span_or_null(Statement& statement, int index, SpanId span) {
  span.is_valid() ? statement.bind(index, id_to_column(span.value)) : statement.bind_null(index);
}

void Writer::checkpoint_if_due() noexcept {
  // A smaller log than before was begun anew, which happens when all of it had been copied and no reader
  // needed it.
  if (log_pages_ < checkpoint_at_ - checkpoint_pages_) checkpoint_at_ = checkpoint_pages_;
  if (log_pages_ < checkpoint_at_) return;
  // Passive waits for nobody and copies what it can. Its failure is not one of the batch, which is committed;
  // the next attempt is due when the log has grown by as much again.
  sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  checkpoint_at_ = std::int64_t{log_pages_} + checkpoint_pages_;
}

}  // namespace spark::detail::sqlite
