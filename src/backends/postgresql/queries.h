// Queries as SQL: each function runs one statement of a query that has been checked, on a borrowed connection. Free
// functions. They throw Error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgresql/connection.h"
#include "spark/telemetry/query.h"

namespace spark::detail::postgresql {

[[nodiscard]] Page<Trace> query_traces(Connection& connection, const TraceQuery& query, Deadline deadline);
[[nodiscard]] Page<Span> query_spans(Connection& connection, const SpanQuery& query, Deadline deadline);
[[nodiscard]] Page<Event> query_events(Connection& connection, const EventQuery& query, Deadline deadline);
[[nodiscard]] Page<Metric> query_metrics(Connection& connection, const MetricQuery& query, Deadline deadline);
[[nodiscard]] Page<GraphDefinition> query_graphs(Connection& connection, const GraphQuery& query, Deadline deadline);

// A piece of all spans that match, in the order of the table's key, behind a place in it.
struct SpanPlace {
  TraceId trace_id;
  std::int64_t start_ns;
  SpanId span_id;
};
struct SpanChunk {
  std::vector<Span> spans = {};
  std::optional<SpanPlace> last = {};
  bool has_more = false;
};
[[nodiscard]] SpanChunk next_spans(Connection& connection, const SpanQuery& query,
                                   const std::optional<SpanPlace>& after, std::size_t count, Deadline deadline);

std::uint64_t put_document(Connection& connection, std::string_view kind, std::string_view id, const Value& content,
                           std::uint64_t expected_revision, Deadline deadline);
[[nodiscard]] std::optional<Document> get_document(Connection& connection, std::string_view kind, std::string_view id,
                                                   Deadline deadline);
[[nodiscard]] std::vector<std::string> list_documents(Connection& connection, std::string_view kind, Deadline deadline);

}  // namespace spark::detail::postgresql
