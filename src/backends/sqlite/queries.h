// Queries as SQL: each function runs one query on a borrowed reader and makes records of its rows. Free
// functions; the reader belongs to the calling thread meanwhile. They throw Error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/sqlite/reader.h"
#include "spark/telemetry/query.h"

namespace spark::detail::sqlite {

[[nodiscard]] Page<Trace> query_traces(Reader& reader, const TraceQuery& query);
[[nodiscard]] Page<Span> query_spans(Reader& reader, const SpanQuery& query);
[[nodiscard]] Page<Event> query_events(Reader& reader, const EventQuery& query);
[[nodiscard]] Page<Metric> query_metrics(Reader& reader, const MetricQuery& query);
[[nodiscard]] Page<GraphDefinition> query_graphs(Reader& reader, const GraphQuery& query);

[[nodiscard]] std::optional<Document> get_document(Reader& reader, std::string_view kind, std::string_view id);
[[nodiscard]] std::vector<std::string> list_documents(Reader& reader, std::string_view kind);

}  // namespace spark::detail::sqlite
