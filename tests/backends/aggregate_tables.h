// Cases of aggregates that are rows of a table: records, a query, what to do with them, and the text of the groups.
#pragma once

#include <string>
#include <vector>

#include "backends/records.h"
#include "backends/store_contract.h"

namespace spark::testing {

[[nodiscard]] inline Groups aggregate(Store& store, const TraceQuery& query, const Aggregation& aggregation) {
  return store.aggregate_traces(query, aggregation);
}
[[nodiscard]] inline Groups aggregate(Store& store, const SpanQuery& query, const Aggregation& aggregation) {
  return store.aggregate_spans(query, aggregation);
}
[[nodiscard]] inline Groups aggregate(Store& store, const EventQuery& query, const Aggregation& aggregation) {
  return store.aggregate_events(query, aggregation);
}
[[nodiscard]] inline Groups aggregate(Store& store, const MetricQuery& query, const Aggregation& aggregation) {
  return store.aggregate_metrics(query, aggregation);
}

// The keys as JSON: "[\"load\",1]".
[[nodiscard]] std::string keys_text(const Group& group);
// A line a group: its keys, records, errors and numbers, then, if there are numbers, sum, mean, minimum and maximum,
// the four percentiles, and the error of these if they have one. "(truncated)" at the end of what is.
[[nodiscard]] std::string text(const Groups& groups);
// Keys and records alone, on one line: "[\"load\"] 2, [\"save\"] 1".
[[nodiscard]] std::string counts(const Groups& groups);

template <class Query>
[[nodiscard]] std::string answer(Store& store, const Query& query, const Aggregation& aggregation,
                                 std::string (*print)(const Groups&)) {
  try {
    return print(aggregate(store, query, aggregation));
  } catch (const Error& error) {
    return "error: " + std::string(to_string(error.code()));
  }
}

template <class Query>
struct AggregateRow {
  std::string name;
  Query query;
  Aggregation aggregation;
  std::string expected;
};

// A case for each row, named "aggregate_<prefix>_<its name>".
template <class Query>
void add_aggregates(std::vector<ContractCase>& cases, const std::string& prefix, void (*fill)(Store&),
                    std::string (*print)(const Groups&), const std::vector<AggregateRow<Query>>& rows) {
  for (const AggregateRow<Query>& row : rows) {
    cases.push_back({"aggregate_" + prefix + "_" + row.name, [fill, print, row](Store& store, Checks& checks) {
                       fill(store);
                       checks.equal(row.name, answer(store, row.query, row.aggregation, print), row.expected);
                     }});
  }
}

}  // namespace spark::testing
