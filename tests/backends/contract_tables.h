// Cases that are rows of a table: records, a query, and the ids it gives. A query that throws gives "error: <code>".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "backends/records.h"
#include "backends/store_contract.h"

namespace spark::testing {

[[nodiscard]] inline Page<Trace> run(Store& store, const TraceQuery& query) { return store.query_traces(query); }
[[nodiscard]] inline Page<Span> run(Store& store, const SpanQuery& query) { return store.query_spans(query); }
[[nodiscard]] inline Page<Event> run(Store& store, const EventQuery& query) { return store.query_events(query); }
[[nodiscard]] inline Page<Metric> run(Store& store, const MetricQuery& query) { return store.query_metrics(query); }
[[nodiscard]] inline Page<GraphDefinition> run(Store& store, const GraphQuery& query) {
  return store.query_graphs(query);
}

template <class Query>
[[nodiscard]] std::string answer(Store& store, const Query& query) {
  try {
    return ids(run(store, query));
  } catch (const Error& error) {
    return "error: " + std::string(to_string(error.code()));
  }
}

template <class Query>
struct TableRow {
  std::string name;
  Query query;
  std::string expected;
};

// A case for each row, named "<prefix>_<its name>".
template <class Query>
void add_rows(std::vector<ContractCase>& cases, const std::string& prefix, void (*fill)(Store&),
              const std::vector<TableRow<Query>>& rows) {
  for (const TableRow<Query>& row : rows) {
    cases.push_back({prefix + "_" + row.name, [fill, row](Store& store, Checks& checks) {
                       fill(store);
                       checks.equal(row.name, answer(store, row.query), row.expected);
                     }});
  }
}

}  // namespace spark::testing
