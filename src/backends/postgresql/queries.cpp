#include "backends/postgresql/queries.h"

#include <utility>

#include "backends/postgresql/conditions.h"
#include "backends/postgresql/rows.h"
#include "spark/base/error.h"
#include "telemetry/query_rules.h"

namespace spark::detail::postgresql {
namespace {

constexpr const char* answering_query = "answer a query";

// Runs a statement and makes at most `limit` records of its rows.
template <class Record, class Decode>
Page<Record> read_page(Connection& connection, const std::string& sql, const Parameters& parameters, std::size_t limit,
                       Deadline deadline, const Decode& decode) {
  Page<Record> page;
  connection.stream(sql, parameters, deadline, answering_query, [&](const Result& result) {
    if (page.rows.size() == limit) {
      page.truncated = true;
      return true;  // the server sends no other one
    }
    try {
      page.rows.push_back(decode(result, 0));
    } catch (const Error& error) {
      // What does not parse is not what was written.
      throw Error(ErrorCode::corrupt, connection.message("read a row", error.what()));
    }
    return true;
  });
  return page;
}

template <class Record, class Query>
void set_cursor(Page<Record>& page, const Query& query) {
  if (!page.truncated) return;
  page.cursor = make_cursor(kind_of(query), query.order, key_of(page.rows.back(), query.order));
}

// What stands for the attributes where nobody wants them. Conditions still see the table's own column.
std::string attributes_column(bool with_attributes) { return with_attributes ? "attributes" : "NULL::jsonb"; }

// Who recorded a row of this table. No join, so that it is looked up for what is returned alone.
std::string service_column(const std::string& table) {
  return "coalesce((SELECT r.resource ->> 'service_name' FROM resources AS r WHERE r.number = " + table +
         ".resource), '')";
}

void after_trace(Select& select, Parameters& parameters, const TraceQuery& query, const std::string& value) {
  if (const auto after = cursor_of(query)) {
    select.after(value + ", trace_id", parameters.bind(after->value) + ", " + parameters.bind_uuid(after->id),
                 query.order);
  }
}

// Of events and metrics.
template <class Query>
void after_record(Select& select, Parameters& parameters, const Query& query, const std::string& id) {
  if (const auto after = cursor_of(query)) {
    const std::string values = parameters.bind(after->value) + ", " + parameters.bind_uuid(after->id) + ", " +
                               parameters.bind_uuid(after->trace_id);
    select.after("time_ns, " + id + ", trace_id", values, query.order);
  }
}

std::string span_columns(const SpanQuery& query) {
  return "SELECT span_id, trace_id, parent_id, name, kind, start_ns, duration_ns, status, status_message, "
         "error_type, " +
         attributes_column(query.with_attributes) + ", " + service_column("spans_data") + " FROM spans_data";
}

}  // namespace

// Each of the two kinds gives what might be wanted, by its index; both together are ordered and cut again.
Page<Trace> query_traces(Connection& connection, const TraceQuery& query, Deadline deadline) {
  Parameters parameters;
  const bool is_by_duration = detail::is_by_duration(query.order);
  const std::size_t offset = offset_of(query);
  const std::size_t wanted = query.limit + std::min(offset, ~std::size_t{0} - query.limit);

  Select own = conditions(parameters, query);
  after_trace(own, parameters, query, is_by_duration ? "duration_ns" : "start_ns");
  std::string sql =
      "(SELECT trace_id, name, start_ns, end_ns, status, " + attributes_column(query.with_attributes) +
      " AS attributes, root_span_id, graph_hash, false AS partial, resource, duration_ns FROM traces_data" +
      own.where() + order_by({is_by_duration ? "duration_ns" : "start_ns", "trace_id"}, query.order) +
      limit_of(parameters, wanted, 0) + ")";
  // Traces known from spans only have no attributes that a condition could hold for.
  if (query.attributes.empty()) {
    const std::string value = is_by_duration ? implied_duration : "start_ns";
    Select implied = conditions(parameters, query, true);
    after_trace(implied, parameters, query, value);
    sql += " UNION ALL (SELECT trace_id, name, start_ns, end_ns, status, NULL, root_span_id, '', true, resource, " +
           std::string(implied_duration) + " FROM implied_traces" + implied.where() +
           order_by({value, "trace_id"}, query.order) + limit_of(parameters, wanted, 0) + ")";
  }
  sql = "SELECT trace_id, name, start_ns, end_ns, status, attributes, root_span_id, graph_hash, partial, " +
        service_column("t") + " FROM (" + sql + ") AS t" +
        order_by({is_by_duration ? "duration_ns" : "start_ns", "trace_id"}, query.order) +
        limit_of(parameters, query.limit, offset);
  auto page = read_page<Trace>(connection, sql, parameters, query.limit, deadline, decode_trace);
  set_cursor(page, query);
  return page;
}

Page<Span> query_spans(Connection& connection, const SpanQuery& query, Deadline deadline) {
  Parameters parameters;
  Select select = conditions(parameters, query);
  const std::string value = is_by_duration(query.order) ? "duration_ns" : "start_ns";
  if (const auto after = cursor_of(query)) {
    const std::string values = parameters.bind(after->value) + ", " + parameters.bind(id_to_column(after->id.low)) +
                               ", " + parameters.bind_uuid(after->trace_id);
    select.after(value + ", span_id, trace_id", values, query.order);
  }
  const std::string sql = span_columns(query) + select.where() + order_by({value, "span_id", "trace_id"}, query.order) +
                          limit_of(parameters, query.limit, offset_of(query));
  auto page = read_page<Span>(connection, sql, parameters, query.limit, deadline, decode_span);
  set_cursor(page, query);
  return page;
}

SpanChunk next_spans(Connection& connection, const SpanQuery& query, const std::optional<SpanPlace>& after,
                     std::size_t count, Deadline deadline) {
  Parameters parameters;
  Select select = conditions(parameters, query);
  if (after) {
    const std::string values = parameters.bind_uuid(after->trace_id) + ", " + parameters.bind(after->start_ns) + ", " +
                               parameters.bind(id_to_column(after->span_id.value));
    select.after("trace_id, start_ns, span_id", values, Order::oldest_first);
  }
  const std::string sql =
      span_columns(query) + select.where() + " ORDER BY trace_id, start_ns, span_id" + limit_of(parameters, count, 0);
  auto page = read_page<Span>(connection, sql, parameters, count, deadline, decode_span);
  SpanChunk chunk{.spans = std::move(page.rows), .has_more = page.truncated};
  if (!chunk.spans.empty()) {
    const Span& last = chunk.spans.back();
    chunk.last = {last.trace_id, last.start_time.time_since_epoch().count(), last.span_id};
  }
  return chunk;
}

Page<Event> query_events(Connection& connection, const EventQuery& query, Deadline deadline) {
  Parameters parameters;
  Select select = conditions(parameters, query);
  after_record(select, parameters, query, "event_id");
  const std::string sql = "SELECT event_id, trace_id, span_id, type, name, time_ns, source, " +
                          attributes_column(query.with_attributes) + " FROM events_data" + select.where() +
                          order_by({"time_ns", "event_id", "trace_id"}, query.order) +
                          limit_of(parameters, query.limit, offset_of(query));
  auto page = read_page<Event>(connection, sql, parameters, query.limit, deadline, decode_event);
  set_cursor(page, query);
  return page;
}

Page<Metric> query_metrics(Connection& connection, const MetricQuery& query, Deadline deadline) {
  Parameters parameters;
  Select select = conditions(parameters, query);
  after_record(select, parameters, query, "metric_id");
  const std::string sql = "SELECT metric_id, trace_id, span_id, name, value, unit, aggregation_type, time_ns, " +
                          attributes_column(query.with_attributes) + ", distribution FROM metrics_data" +
                          select.where() + order_by({"time_ns", "metric_id", "trace_id"}, query.order) +
                          limit_of(parameters, query.limit, offset_of(query));
  auto page = read_page<Metric>(connection, sql, parameters, query.limit, deadline, decode_metric);
  set_cursor(page, query);
  return page;
}

Page<GraphDefinition> query_graphs(Connection& connection, const GraphQuery& query, Deadline deadline) {
  Parameters parameters;
  Select select(parameters);
  select.text("hash", query.hash);
  select.text("graph_id", query.graph_id);
  select.text("version", query.version);
  if (const auto after = cursor_of(query)) select.add("number < " + parameters.bind(after->value));
  const std::string sql = "SELECT hash, graph_id, version, content, number FROM graphs_data" + select.where() +
                          " ORDER BY number DESC" + limit_of(parameters, query.limit, offset_of(query));
  RowKey last_row;
  auto page = read_page<GraphDefinition>(connection, sql, parameters, query.limit, deadline,
                                         [&](const Result& result, int row) {
                                           last_row.value = result.integer(row, 4);
                                           return decode_graph(result, row);
                                         });
  if (page.truncated) page.cursor = make_cursor(RowKind::graph, Order::newest_first, last_row);
  return page;
}

}  // namespace spark::detail::postgresql
