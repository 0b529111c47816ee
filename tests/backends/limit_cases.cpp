// The contract's cases about what a query may cost: time limits, rows without attributes, the limit where none is
// given; and about orders that a kind does not have.
#include <cmath>
#include <string>

#include "backends/contract_tables.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

void fill_one_of_each(Store& store) {
  write(store, [](BatchBuilder& batch) {
    const Object attributes{{"x", 1}};
    Trace trace = make_trace(1, "t", 1, 2, attributes);
    trace.root_span_id = span_id(1);
    trace.graph_hash = "h1";
    batch.add(trace);
    Span span = make_span(1, "s", 1, 2, attributes);
    span.parent_span_id = span_id(2);
    span.kind = SpanKind::CLIENT;
    span.status = SpanStatus::failed;
    span.status_message = "message";
    span.error_type = "type";
    batch.add(span);
    Event event = make_event(1, "e", 1, attributes);
    event.span_id = span_id(1);
    event.type = "type";
    batch.add(event);
    Metric metric = make_metric(1, "m", 1, attributes);
    metric.value = 5;
    metric.unit = "s";
    metric.aggregation_type = AggregationType::histogram;
    metric.distribution = Distribution{.count = 1, .sum = 5, .scale = 0, .positive = {.offset = 2, .counts = {1}}};
    batch.add(metric);
    batch.add(GraphDefinition{.hash = "h1", .graph_id = "g", .version = "1", .content = {}});
  });
}

void add_time_limits(std::vector<ContractCase>& cases, const std::string& name, const auto& query,
                     const std::string& all) {
  const auto with = [query](Seconds limit) {
    auto limited = query;
    limited.time_limit = limit;
    return limited;
  };
  add_rows<std::decay_t<decltype(query)>>(cases, name + "_time_limit", fill_one_of_each,
                                          {{"that_has_passed_at_once", with(Seconds{1e-9}), "error: timeout"},
                                           {"of_a_minute", with(Seconds{60}), all},
                                           {"of_for_ever", with(Seconds{1e300}), all},
                                           {"of_zero", with(Seconds{0}), "error: invalid_argument"},
                                           {"below_zero", with(Seconds{-1}), "error: invalid_argument"},
                                           {"of_nan", with(Seconds{std::nan("")}), "error: invalid_argument"}});
}

void rows_without_attributes_have_all_else(Store& store, Checks& checks) {
  fill_one_of_each(store);
  const auto check = [&](const std::string& what, auto query) {
    auto whole = run(store, query);
    query.with_attributes = false;
    const auto bare = run(store, query);
    checks.equal(what + ", count", std::to_string(bare.size()), "1");
    checks.equal(what + ", with attributes", to_json(whole.rows.at(0).attributes), "{\"x\":1}");
    whole.rows.at(0).attributes = {};
    checks.equal(what, text(bare), text(whole));
  };
  check("traces", TraceQuery{});
  check("spans", SpanQuery{});
  check("events", EventQuery{});
  check("metrics", MetricQuery{});
}

void without_a_limit_there_are_ten_thousand_rows(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t i = 1; i <= default_query_limit + 1; ++i) {
      batch.add(make_event(i, "e", static_cast<std::int64_t>(i)));
    }
  });
  const auto page = store.query_events({});
  checks.equal("rows", std::to_string(page.size()), "10000");
  checks.equal("truncated", page.truncated ? "yes" : "no", "yes");
  checks.equal("the rest", ids(store.query_events({.cursor = page.cursor})), "R1");
}

}  // namespace

std::vector<ContractCase> limit_cases() {
  std::vector<ContractCase> cases;
  add_time_limits(cases, "traces", TraceQuery{}, "T1");
  add_time_limits(cases, "spans", SpanQuery{}, "S1");
  add_time_limits(cases, "events", EventQuery{}, "R1");
  add_time_limits(cases, "metrics", MetricQuery{}, "R1");
  add_time_limits(cases, "graphs", GraphQuery{}, "h1");
  add_rows<EventQuery>(cases, "events_have_no", fill_one_of_each,
                       {{"longest_first", {.order = Order::longest_first}, "error: invalid_argument"},
                        {"shortest_first", {.order = Order::shortest_first}, "error: invalid_argument"}});
  add_rows<MetricQuery>(cases, "metrics_have_no", fill_one_of_each,
                        {{"longest_first", {.order = Order::longest_first}, "error: invalid_argument"},
                         {"shortest_first", {.order = Order::shortest_first}, "error: invalid_argument"}});
  cases.push_back({"rows_without_attributes_have_all_else", rows_without_attributes_have_all_else});
  cases.push_back({"without_a_limit_there_are_ten_thousand_rows", without_a_limit_there_are_ten_thousand_rows});
  return cases;
}

}  // namespace spark::testing
