// All that a store answers, as text: to compare two stores with.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "backends/contract_tables.h"
#include "spark/telemetry/sink.h"

namespace spark::testing {

// All rows by one page after the other, with everything in them.
template <class Query>
[[nodiscard]] std::string all_pages(Store& store, Query query) {
  std::string out;
  for (;;) {
    const auto page = run(store, query);
    out += text(page);
    if (!page.truncated) return out;
    query.cursor = page.cursor;
  }
}

// What each_span visits, sorted, since its order is the store's own.
[[nodiscard]] inline std::string all_spans(Store& store, SpanQuery query) {
  query.limit = default_query_limit;
  query.offset = 0;
  query.order = Order::newest_first;
  std::vector<std::string> lines;
  store.each_span(query, [&](const Span& span) {
    lines.push_back(text(span) + "\n");
    return true;
  });
  std::sort(lines.begin(), lines.end());
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

}  // namespace spark::testing
