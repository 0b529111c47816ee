#include "backends/sqlite/queries.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "backends/sqlite/conditions.h"
#include "backends/sqlite/encoding.h"
#include "backends/sqlite/rows.h"
#include "backends/sqlite/select.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "telemetry/query_rules.h"

namespace spark::detail::sqlite {
namespace {

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

template <class Record, class Query>
void set_cursor(Page<Record>& page, const Query& query) {
  if (!page.truncated) return;
  page.cursor = make_cursor(kind_of(query), query.order, key_of(page.rows.back(), query.order));
}

std::string order_by(std::initializer_list<std::string> columns, Order order) {
  std::string sql;
  for (const std::string& column : columns) {
    sql += (sql.empty() ? " ORDER BY " : ", ") + column + (is_descending(order) ? " DESC" : "");
  }
  return sql;
}

// The rows are chosen and cut to the limit before anything is joined, so that a scan joins what it returns and no more.
//
// Traces are numbered as they come, so the newest rows are mostly at the end of a table. Read backwards, they are found
// first, and all others are dismissed by one comparison; forwards, each row that matches would take the place of an
// older one. The limit of -1 keeps SQLite from leaving the inner order out.
std::string limited(const std::string& columns, const std::string& table, const Select& select,
                    const std::string& order_by, bool backwards) {
  std::string rows = "SELECT " + columns + " FROM " + table + select.where();
  if (backwards) rows = "SELECT * FROM (" + rows + " ORDER BY trace DESC LIMIT -1)";
  return "(" + rows + order_by + " LIMIT ? OFFSET ?)";
}

template <class Query>
bool is_read_backwards(const Query& query) {
  return query.order == Order::newest_first && !query.trace_id;
}

// What stands for the attributes where nobody wants them. Conditions still see the table's own column.
const char* attributes_column(bool with_attributes) { return with_attributes ? "attributes" : "'{}' AS attributes"; }

constexpr const char* joins =
    " LEFT JOIN trace_ids ON trace_ids.number = d.trace LEFT JOIN names AS n ON n.number = d.name";

Trace trace_of(Reader& reader, const Statement& row) {
  constexpr int resource_column = 9;
  Trace trace = decode_trace(row);
  trace.service = reader.service(row.integer(resource_column));
  return trace;
}

Span span_of(Reader& reader, const Statement& row) {
  constexpr int resource_column = 11;
  Span span = decode_span(row);
  span.service = reader.service(row.integer(resource_column));
  return span;
}

// Both kinds of traces are ordered by an index on the start time, and ties among equal times only.
Page<Trace> query_one_kind(Reader& reader, const TraceQuery& query, const std::optional<RowKey>& after, bool implied) {
  const std::string value = is_by_duration(query.order) ? trace_duration : "start_ns";
  Select select = trace_conditions(reader, query, implied);
  if (after) select.after_trace(value, *after, query.order);
  if (!implied) select.attributes(query.attributes.size());
  const std::string attributes = query.with_attributes ? "attributes" : "'{}'";
  const std::string columns = implied ? "'{}', root_span, NULL, 1" : attributes + ", root_span, g.text, 0";
  const std::string sql = "SELECT trace_ids.trace_id, n.text, start_ns, end_ns, status, " + columns +
                          ", d.resource FROM " + (implied ? "implied_traces AS d" : "traces_data AS d") + joins +
                          (implied ? std::string() : " LEFT JOIN names AS g ON g.number = d.graph") + select.where() +
                          order_by({value, "trace_ids.trace_id"}, query.order) + " LIMIT ? OFFSET ?";
  // The offset counts rows of both kinds together, so each has to give what might be left out.
  const std::size_t offset = offset_of(query);
  const std::size_t wanted = query.limit + std::min(offset, ~std::size_t{0} - query.limit);
  return read_page<Trace>(reader, select.prepare(reader, sql, wanted, 0), wanted,
                          [&](const Statement& row) { return trace_of(reader, row); });
}

}  // namespace

Page<Trace> query_traces(Reader& reader, const TraceQuery& query) {
  reader.functions().set(query.name, query.attributes);
  const auto after = cursor_of(query);
  // One snapshot for both tables: a trace must not be missing because its own row came in between.
  Transaction transaction(reader.connection(), "BEGIN");
  Page<Trace> page = query_one_kind(reader, query, after, false);
  // Traces known from spans only have no attributes that a condition could hold for.
  Page<Trace> implied = query.attributes.empty() ? query_one_kind(reader, query, after, true) : Page<Trace>();
  transaction.commit();

  std::vector<Trace>& rows = page.rows;
  const auto middle = static_cast<std::ptrdiff_t>(rows.size());
  std::move(implied.rows.begin(), implied.rows.end(), std::back_inserter(rows));
  std::inplace_merge(rows.begin(), rows.begin() + middle, rows.end(), [&](const Trace& a, const Trace& b) {
    return comes_before(key_of(a, query.order), key_of(b, query.order), query.order);
  });
  const std::size_t left_out = std::min(offset_of(query), rows.size());
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(left_out));
  page.truncated = page.truncated || implied.truncated || rows.size() > query.limit;
  if (rows.size() > query.limit) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(query.limit), rows.end());
  set_cursor(page, query);
  return page;
}

namespace {

std::string select_spans(const SpanQuery& query, const Select& select, const std::string& order, bool backwards) {
  const std::string columns =
      std::string(
          "trace, span, parent, name, kind, start_ns, duration_ns, status, status_message, error_type, resource, ") +
      attributes_column(query.with_attributes);
  return "SELECT span, trace_ids.trace_id, parent, n.text, kind, start_ns, duration_ns, status, status_message, "
         "e.text, attributes, resource, trace FROM " +
         limited(columns, "spans_data", select, order, backwards) + " AS d" + joins +
         " LEFT JOIN names AS e ON e.number = d.error_type" + order;
}

}  // namespace

Page<Span> query_spans(Reader& reader, const SpanQuery& query) {
  reader.functions().set(query.name, query.attributes);
  Select select = span_conditions(reader, query);
  const std::string value = is_by_duration(query.order) ? "duration_ns" : "start_ns";
  if (const auto after = cursor_of(query)) select.after_span(value, *after, query.order);
  select.attributes(query.attributes.size());
  const std::string sql =
      select_spans(query, select, order_by({value, "span", "trace"}, query.order), is_read_backwards(query));
  auto page = read_page<Span>(reader, select.prepare(reader, sql, query.limit, offset_of(query)), query.limit,
                              [&](const Statement& row) { return span_of(reader, row); });
  set_cursor(page, query);
  return page;
}

SpanChunk next_spans(Reader& reader, const SpanQuery& query, const SpanPlace& after, std::size_t count) {
  reader.functions().set(query.name, query.attributes);
  Select select = span_conditions(reader, query);
  // Within one trace SQLite would find the trace by the key and then read its spans from the first one, again and
  // again.
  if (query.trace_id) {
    // At first there is no place, and a span may have the least of all ids.
    if (after.trace != SpanPlace().trace) select.after_span_id(after.span);
  } else {
    select.after_place(after.trace, after.span);
  }
  select.attributes(query.attributes.size());
  const std::string sql = select_spans(query, select, " ORDER BY trace, span", false);
  SpanChunk chunk;
  auto page = read_page<Span>(reader, select.prepare(reader, sql, count, 0), count, [&](const Statement& row) {
    constexpr int trace_column = 12;
    chunk.last = {row.integer(trace_column), row.integer(0)};
    return span_of(reader, row);
  });
  chunk.spans = std::move(page.rows);
  chunk.has_more = page.truncated;
  return chunk;
}

namespace {

// Of events and metrics.
std::string order_of_records(Order order) { return order_by({"time_ns", "id_high", "id_low", "trace"}, order); }

}  // namespace

Page<Event> query_events(Reader& reader, const EventQuery& query) {
  reader.functions().set(query.name, query.attributes);
  Select select = event_conditions(reader, query);
  if (const auto after = cursor_of(query)) select.after_record(*after, query.order);
  select.attributes(query.attributes.size());
  const std::string order = order_of_records(query.order);
  const std::string columns = std::string("id_high, id_low, trace, span, type, name, time_ns, source, ") +
                              attributes_column(query.with_attributes);
  const std::string sql =
      "SELECT id_high, id_low, trace_ids.trace_id, span, t.text, n.text, time_ns, source, attributes FROM " +
      limited(columns, "events_data", select, order, is_read_backwards(query)) + " AS d" + joins +
      " LEFT JOIN names AS t ON t.number = d.type" + order;
  auto page =
      read_page<Event>(reader, select.prepare(reader, sql, query.limit, offset_of(query)), query.limit, decode_event);
  set_cursor(page, query);
  return page;
}

Page<Metric> query_metrics(Reader& reader, const MetricQuery& query) {
  reader.functions().set(query.name, query.attributes);
  Select select = metric_conditions(reader, query);
  if (const auto after = cursor_of(query)) select.after_record(*after, query.order);
  select.attributes(query.attributes.size());
  const std::string order = order_of_records(query.order);
  const std::string columns =
      std::string("id_high, id_low, trace, span, name, value, unit, aggregation_type, time_ns, distribution, ") +
      attributes_column(query.with_attributes);
  const std::string sql =
      "SELECT id_high, id_low, trace_ids.trace_id, span, n.text, value, u.text, aggregation_type, time_ns, "
      "attributes, distribution FROM " +
      limited(columns, "metrics_data", select, order, is_read_backwards(query)) + " AS d" + joins +
      " LEFT JOIN names AS u ON u.number = d.unit" + order;
  auto page =
      read_page<Metric>(reader, select.prepare(reader, sql, query.limit, offset_of(query)), query.limit, decode_metric);
  set_cursor(page, query);
  return page;
}

Page<GraphDefinition> query_graphs(Reader& reader, const GraphQuery& query) {
  Select select;
  select.text("hash", query.hash);
  select.text("graph_id", query.graph_id);
  select.text("version", query.version);
  if (const auto after = cursor_of(query)) select.after_number("number", after->value);
  const std::string sql = "SELECT hash, graph_id, version, content, number FROM graphs_data" + select.where() +
                          " ORDER BY number DESC LIMIT ? OFFSET ?";
  RowKey last_row;
  auto page = read_page<GraphDefinition>(reader, select.prepare(reader, sql, query.limit, offset_of(query)),
                                         query.limit, [&](const Statement& row) {
                                           last_row.value = row.integer(4);
                                           return decode_graph(row);
                                         });
  if (page.truncated) page.cursor = make_cursor(RowKind::graph, Order::newest_first, last_row);
  return page;
}

std::optional<Document> get_document(Reader& reader, std::string_view kind, std::string_view id) {
  Statement& statement = reader.statement("SELECT content, revision FROM documents WHERE kind = ?1 AND id = ?2");
  statement.bind(1, kind);
  statement.bind(2, id);
  auto page = read_page<Document>(reader, statement, 1, decode_document);
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
