// The contract's cases about ranges of durations and of values.
#include <cmath>
#include <limits>
#include <string>

#include "backends/contract_tables.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

// T3 runs; T5 is known from its local root only.
void fill_ranges(Store& store) {
  write(store, [](BatchBuilder& batch) {
    batch.add(make_trace(1, "t", 10, 20));
    batch.add(make_trace(2, "t", 20, 40));
    batch.add(make_trace(3, "t", 30, {}));
    batch.add(make_trace(4, "t", 40, 1'540));
    batch.add(make_span(1, "s", 10, 20));
    batch.add(make_span(2, "s", 20, 40));
    batch.add(make_span(3, "s", 30, 30));
    batch.add(make_span(4, "s", 40, 1'540));
    Span root = make_span(5, "s", 50, 70);
    root.trace_id = trace_id(5);
    add_local_root(batch, root);
    const double values[] = {-1.5, 0, 2, std::nan(""), std::numeric_limits<double>::infinity()};
    for (std::uint64_t i = 1; i <= std::size(values); ++i) {
      Metric metric = make_metric(i, "m", static_cast<std::int64_t>(i));
      metric.value = values[i - 1];
      batch.add(metric);
    }
  });
}

template <class Query>
std::vector<TableRow<Query>> duration_rows(const std::string& letter) {
  const auto list = [&](std::initializer_list<int> numbers) {
    std::string out;
    for (const int number : numbers) out += (out.empty() ? "" : " ") + letter + std::to_string(number);
    return out;
  };
  return {
      {"min_is_included", {.duration = {.min = 20ms}}, list({5, 4, 2})},
      {"min_is_exact", {.duration = {.min = 20'000'001ns}}, list({4})},
      {"max_is_not_included", {.duration = {.max = 20ms}}, list({3, 1})},
      {"max_is_exact", {.duration = {.max = 20'000'001ns}}, list({5, 3, 2, 1})},
      {"between", {.duration = {.min = 10ms, .max = 1.5s}}, list({5, 2, 1})},
      {"seconds_with_a_fraction", {.duration = {.min = Seconds{1.5}}}, list({4})},
      {"running_or_none_is_zero", {.duration = {.max = 1ns}}, list({3})},
      {"min_of_zero", {.duration = {.min = 0s}}, list({5, 4, 3, 2, 1})},
      {"infinite", {.duration = {.min = Seconds{std::numeric_limits<double>::infinity()}}}, ""},
      {"negative", {.duration = {.max = -1s}}, ""},
      {"with_a_time_range", {.start_time = {.to = at(40)}, .duration = {.min = 10ms}}, list({2, 1})},
      {"nan", {.duration = {.min = Seconds{std::nan("")}}}, "error: invalid_argument"},
      {"nan_as_max", {.duration = {.max = Seconds{std::nan("")}}}, "error: invalid_argument"},
  };
}

std::vector<TableRow<MetricQuery>> value_rows() {
  const double infinity = std::numeric_limits<double>::infinity();
  return {
      {"min_is_included", {.value = {.min = 0}}, "R5 R3 R2"},
      {"max_is_not_included", {.value = {.max = 2}}, "R2 R1"},
      {"between", {.value = {.min = -1, .max = 2.5}}, "R3 R2"},
      {"nan_is_in_no_range", {.value = {.min = -infinity}}, "R5 R3 R2 R1"},
      {"infinite_max", {.value = {.max = infinity}}, "R3 R2 R1"},
      {"of_nan_holds_nothing", {.value = {.min = std::nan("")}}, ""},
      {"no_range_holds_everything", {}, "R5 R4 R3 R2 R1"},
  };
}

}  // namespace

std::vector<ContractCase> range_cases() {
  std::vector<ContractCase> cases;
  add_rows(cases, "trace_duration", fill_ranges, duration_rows<TraceQuery>("T"));
  add_rows(cases, "span_duration", fill_ranges, duration_rows<SpanQuery>("S"));
  add_rows(cases, "metric_value", fill_ranges, value_rows());
  return cases;
}

}  // namespace spark::testing
