// Queries as SQL: each function runs one query, which has been checked, on a borrowed reader and makes records of its
// rows. Free functions; the reader belongs to the calling thread meanwhile. They throw Error.
#pragma once

#include <cstdint>
#include <limits>
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

// Spans in the order of their table, piece by piece, so that nothing is held between two pieces.
struct SpanPlace {
  std::int64_t trace = std::numeric_limits<std::int64_t>::min();  // as numbered in the file
  std::int64_t span = std::numeric_limits<std::int64_t>::min();
};
struct SpanChunk {
  std::vector<Span> spans = {};
  SpanPlace last = {};  // of the spans here
  bool has_more = false;
};
[[nodiscard]] SpanChunk next_spans(Reader& reader, const SpanQuery& query, const SpanPlace& after, std::size_t count);

[[nodiscard]] std::optional<Document> get_document(Reader& reader, std::string_view kind, std::string_view id);
[[nodiscard]] std::vector<std::string> list_documents(Reader& reader, std::string_view kind);

}  // namespace spark::detail::sqlite
