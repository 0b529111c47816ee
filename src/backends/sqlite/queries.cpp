#include "backends/sqlite/queries.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "backends/sqlite/encoding.h"
#include "backends/sqlite/select.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::detail::sqlite {
namespace {

void check_limit(std::size_t limit) {
  if (limit == 0) throw Error(ErrorCode::invalid_argument, "a query's limit is 0; it must be 1 or more");
}

// Runs a statement and makes at most `limit` records of its rows.
template <class Record, class Decode>
Page<Record> read_page(Reader& reader, Statement& statement, std::size_t limit, const Decode& decode) {
  const ResetAtExit reset(statement);
  Page<Record> page;
  try {
    while (statement.step()) {
      if (page.rows.size() == limit) {
        page.truncated = true;
        break;
      }
      page.rows.push_back(decode(statement));
    }
  } catch (const Error& error) {
    // What does not parse is not what was written.
    if (error.code() != ErrorCode::invalid_argument && error.code() != ErrorCode::not_found) throw;
    throw Error(ErrorCode::corrupt,
                "SQLite database " + reader.connection().path() + ": a row cannot be read: " + error.what());
  }
  return page;
}

Timestamp time(std::int64_t ns) { return Timestamp(std::chrono::nanoseconds(ns)); }

SpanId span_id(const Statement& row, int column) {
  return row.is_null(column) ? SpanId{} : SpanId{id_from_column(row.integer(column))};
}

RecordId record_id(const Statement& row, int high, int low) {
  return {id_from_column(row.integer(high)), id_from_column(row.integer(low))};
}

Object object(const Statement& row, int column) {
  const std::string_view json = row.text(column);
  if (json == "{}") return {};
  return std::move(parse_json(json, max_json_depth).as_object());
}

template <class Enum>
Enum enumerator(const Statement& row, int column, Enum last) {
  const std::int64_t value = row.integer(column);
  if (value < 0 || value > static_cast<std::int64_t>(last)) {
    throw Error(ErrorCode::invalid_argument, "enumerator " + std::to_string(value) + " is unknown");
  }
  return static_cast<Enum>(value);
}

// The rows are chosen and cut to the limit before anything is joined, so that a scan joins what it returns
// and no more.
std::string limited(const std::string& table, const Select& select, const std::string& order) {
  return "(SELECT * FROM " + table + select.where() + " ORDER BY " + order + " LIMIT ?)";
}

constexpr const char* joins =
    " LEFT JOIN trace_ids ON trace_ids.number = d.trace LEFT JOIN names AS n ON n.number = d.name";

Trace decode_trace(const Statement& row) {
  Trace trace;
  trace.trace_id = trace_id_from_bytes(row.text(0));
  trace.name = row.text(1);
  trace.start_time = time(row.integer(2));
  if (!row.is_null(3)) trace.end_time = time(row.integer(3));
  trace.status = enumerator(row, 4, TraceStatus::cancelled);
  trace.attributes = object(row, 5);
  trace.root_span_id = span_id(row, 6);
  trace.graph_hash = row.text(7);
  trace.partial = row.integer(8) != 0;
  return trace;
}

// Both kinds of traces are ordered by an index on the start time, and ties among equal times only.
Page<Trace> query_one_kind(Reader& reader, const TraceQuery& query, bool implied) {
  Select select;
  select.trace(query.trace_id);
  select.name("name", query.name);
  select.enumerator("status", query.status);
  select.time("start_ns", query.start_time);
  if (implied) select.add_text("NOT EXISTS (SELECT 1 FROM traces_data AS t WHERE t.trace = d.trace)");
  const std::string columns = implied ? "'{}', root_span, NULL, 1" : "attributes, root_span, g.text, 0";
  const std::string sql = "SELECT trace_ids.trace_id, n.text, start_ns, end_ns, status, " + columns + " FROM " +
                          (implied ? "implied_traces AS d" : "traces_data AS d") + joins +
                          (implied ? std::string() : " LEFT JOIN names AS g ON g.number = d.graph") + select.where() +
                          " ORDER BY start_ns DESC, trace_ids.trace_id DESC LIMIT ?";
  return read_page<Trace>(reader, select.prepare(reader, sql, query.limit), query.limit, decode_trace);
}

}  // namespace

Page<Trace> query_traces(Reader& reader, const TraceQuery& query) {
  check_limit(query.limit);
  // One snapshot for both tables: a trace must not be missing because its own row came in between.
  Transaction transaction(reader.connection(), "BEGIN");
  Page<Trace> page = query_one_kind(reader, query, false);
  Page<Trace> implied = query_one_kind(reader, query, true);
  transaction.commit();
  if (implied.empty()) return page;

  const auto middle = static_cast<std::ptrdiff_t>(page.rows.size());
  std::move(implied.rows.begin(), implied.rows.end(), std::back_inserter(page.rows));
  std::inplace_merge(page.rows.begin(), page.rows.begin() + middle, page.rows.end(),
                     [](const Trace& a, const Trace& b) {
                       return std::tie(a.start_time, a.trace_id) > std::tie(b.start_time, b.trace_id);
                     });
  page.truncated = page.truncated || implied.truncated || page.rows.size() > query.limit;
  if (page.rows.size() > query.limit) page.rows.resize(query.limit);
  return page;
}

Page<Span> query_spans(Reader& reader, const SpanQuery& query) {
  check_limit(query.limit);
  Select select;
  select.trace(query.trace_id);
  select.span("span", query.span_id);
  select.span("parent", query.parent_span_id);
  select.name("name", query.name);
  select.enumerator("kind", query.kind);
  select.enumerator("status", query.status);
  select.time("start_ns", query.start_time);
  const std::string order = "start_ns DESC, span DESC, trace DESC";
  const std::string sql =
      "SELECT span, trace_ids.trace_id, parent, n.text, kind, start_ns, duration_ns, status, status_message, "
      "e.text, "
      "attributes FROM " +
      limited("spans_data", select, order) + " AS d" + joins +
      " LEFT JOIN names AS e ON e.number = d.error_type ORDER BY " + order;
  return read_page<Span>(reader, select.prepare(reader, sql, query.limit), query.limit, [](const Statement& row) {
    Span span;
    span.span_id = span_id(row, 0);
    span.trace_id = trace_id_from_bytes(row.text(1));
    span.parent_span_id = span_id(row, 2);
    span.name = row.text(3);
    span.kind = enumerator(row, 4, SpanKind::CONSUMER);
    span.start_time = time(row.integer(5));
    span.end_time = time(end_of(row.integer(5), row.integer(6)));
    span.status = enumerator(row, 7, SpanStatus::cancelled);
    span.status_message = row.text(8);
    span.error_type = row.text(9);
    span.attributes = object(row, 10);
    return span;
  });
}

Page<Event> query_events(Reader& reader, const EventQuery& query) {
  check_limit(query.limit);
  Select select;
  select.trace(query.trace_id);
  select.span("span", query.span_id);
  select.record_id(query.event_id);
  select.name("type", query.event_type, true);
  select.name("name", query.name);
  select.enumerator("source", query.source);
  select.time("time_ns", query.timestamp);
  const std::string order = "time_ns DESC, id_high DESC, id_low DESC, trace DESC";
  const std::string sql =
      "SELECT id_high, id_low, trace_ids.trace_id, span, t.text, n.text, time_ns, source, attributes FROM " +
      limited("events_data", select, order) + " AS d" + joins + " LEFT JOIN names AS t ON t.number = d.type ORDER BY " +
      order;
  return read_page<Event>(reader, select.prepare(reader, sql, query.limit), query.limit, [](const Statement& row) {
    Event event;
    event.event_id = record_id(row, 0, 1);
    event.trace_id = trace_id_from_bytes(row.text(2));
    event.span_id = span_id(row, 3);
    event.type = row.text(4);
    event.name = row.text(5);
    event.timestamp = time(row.integer(6));
    event.source = enumerator(row, 7, EventSource::span);
    event.attributes = object(row, 8);
    return event;
  });
}

Page<Metric> query_metrics(Reader& reader, const MetricQuery& query) {
  check_limit(query.limit);
  Select select;
  select.trace(query.trace_id);
  select.span("span", query.span_id);
  select.record_id(query.metric_id);
  select.name("name", query.name);
  select.enumerator("aggregation_type", query.aggregation_type);
  select.time("time_ns", query.timestamp);
  const std::string order = "time_ns DESC, id_high DESC, id_low DESC, trace DESC";
  const std::string sql =
      "SELECT id_high, id_low, trace_ids.trace_id, span, n.text, value, u.text, aggregation_type, time_ns, "
      "attributes, "
      "distribution FROM " +
      limited("metrics_data", select, order) + " AS d" + joins +
      " LEFT JOIN names AS u ON u.number = d.unit ORDER BY " + order;
  return read_page<Metric>(reader, select.prepare(reader, sql, query.limit), query.limit, [](const Statement& row) {
    Metric metric;
    metric.metric_id = record_id(row, 0, 1);
    metric.trace_id = trace_id_from_bytes(row.text(2));
    metric.span_id = span_id(row, 3);
    metric.name = row.text(4);
    metric.value = row.is_null(5) ? std::numeric_limits<double>::quiet_NaN() : row.number(5);
    metric.unit = row.text(6);
    metric.aggregation_type = enumerator(row, 7, AggregationType::histogram);
    metric.timestamp = time(row.integer(8));
    metric.attributes = object(row, 9);
    if (!row.is_null(10)) metric.distribution = distribution_from_json(row.text(10));
    return metric;
  });
}

Page<GraphDefinition> query_graphs(Reader& reader, const GraphQuery& query) {
  check_limit(query.limit);
  Select select;
  select.text("hash", query.hash);
  select.text("graph_id", query.graph_id);
  select.text("version", query.version);
  const std::string sql =
      "SELECT hash, graph_id, version, content FROM graphs_data" + select.where() + " ORDER BY number DESC LIMIT ?";
  return read_page<GraphDefinition>(reader, select.prepare(reader, sql, query.limit), query.limit,
                                    [](const Statement& row) {
                                      return GraphDefinition{std::string(row.text(0)), std::string(row.text(1)),
                                                             std::string(row.text(2)), object(row, 3)};
                                    });
}

std::optional<Document> get_document(Reader& reader, std::string_view kind, std::string_view id) {
  Statement& statement = reader.statement("SELECT content, revision FROM documents WHERE kind = ?1 AND id = ?2");
  statement.bind(1, kind);
  statement.bind(2, id);
  auto page = read_page<Document>(reader, statement, 1, [](const Statement& row) {
    return Document{parse_json(row.text(0), max_json_depth), static_cast<std::uint64_t>(row.integer(1))};
  });
  if (page.empty()) return std::nullopt;
  return std::move(page.rows.front());
}

std::vector<std::string> list_documents(Reader& reader, std::string_view kind) {
  Statement& statement = reader.statement("SELECT id FROM documents WHERE kind = ?1 ORDER BY id");
  statement.bind(1, kind);
  return read_page<std::string>(reader, statement, std::numeric_limits<std::size_t>::max(),
                                [](const Statement& row) { return std::string(row.text(0)); })
      .rows;
}

}  // namespace spark::detail::sqlite
