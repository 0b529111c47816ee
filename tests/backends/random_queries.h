// Seeded records and queries for the test that compares stores: few distinct names, times, durations and attributes, so
// that conditions meet, orders tie and pages end among equals. A value, not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/records.h"
#include "spark/base/random.h"
#include "spark/telemetry/aggregate.h"

namespace spark::testing {

class RandomQueries {
 public:
  explicit RandomQueries(std::uint64_t seed) : seed_(seed), random_(seed) {}

  // A batch of all kinds of records; some ids come again.
  void fill(BatchBuilder& batch);

  [[nodiscard]] TraceQuery trace_query();
  [[nodiscard]] SpanQuery span_query();
  [[nodiscard]] EventQuery event_query();
  [[nodiscard]] MetricQuery metric_query();
  [[nodiscard]] GraphQuery graph_query();
  // By some of these fields.
  [[nodiscard]] Aggregation aggregation(const std::vector<GroupBy::Field>& fields);

 private:
  [[nodiscard]] std::uint64_t below(std::uint64_t count) { return random_.next() % count; }
  [[nodiscard]] bool one_in(std::uint64_t count) { return below(count) == 0; }
  template <class T, std::size_t N>
  [[nodiscard]] T one_of(const T (&choices)[N]) {
    return choices[below(N)];
  }

  [[nodiscard]] std::string name();
  [[nodiscard]] std::string pattern();
  [[nodiscard]] Value value(int depth);
  [[nodiscard]] Object attributes(int depth);
  [[nodiscard]] AttributeFilter filter();
  [[nodiscard]] Timestamp time() { return at(static_cast<std::int64_t>(below(20))); }
  [[nodiscard]] TimeRange time_range();
  [[nodiscard]] DurationRange duration_range();
  void add_span(BatchBuilder& batch, SpanId id);
  void add_event(BatchBuilder& batch, EventId id);
  void add_metric(BatchBuilder& batch, MetricId id);
  template <class Query>
  void set_common(Query& query, bool has_durations);

  std::uint64_t seed_;
  Random random_;
};

}  // namespace spark::testing
