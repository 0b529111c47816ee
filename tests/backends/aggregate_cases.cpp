// The contract's cases about aggregates of a few records: every field to group by, everything that is measured, orders
// and limits, and what is refused.
#include <cmath>
#include <limits>
#include <span>

#include "backends/aggregate_tables.h"
#include "fakes/numbers.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t hour = 3'600'000;
using fakes::infinity;

void fill_traces(Store& store) {
  write(store, [](BatchBuilder& batch) {
    batch.add(make_trace(1, "load", 0, 250, {{"n", 1}, {"cost", 1.5}, {"who", Object{{"id", "a"}}}}));
    Trace failed = make_trace(2, "load", 1'000, 2'000, {{"n", 1.0}, {"cost", 2.5}, {"who", Object{{"id", "b"}}}});
    failed.status = TraceStatus::failed;
    batch.add(failed);
    batch.add(make_trace(3, "save", hour, {}, {{"n", true}, {"cost", std::nan("")}}));
    Span root = make_span(9, "remote", hour, hour + 500);
    root.trace_id = trace_id(4);
    root.status = SpanStatus::failed;
    add_local_root(batch, root);
  });
}

void fill_spans(Store& store) {
  write(store, [](BatchBuilder& batch) {
    Span span = make_span(1, "query", 0, 250, {{"n", 1}, {"tokens", 10}});
    span.kind = SpanKind::CLIENT;
    batch.add(span);
    span = make_span(2, "query", 100, 600, {{"n", 1.0}, {"tokens", 20.5}});
    span.kind = SpanKind::CLIENT;
    span.status = SpanStatus::failed;
    span.error_type = "Timeout";
    batch.add(span);
    span = make_span(3, "query", 200, 1'200, {{"n", true}, {"tokens", "many"}});
    span.trace_id = trace_id(2);
    batch.add(span);
    span = make_span(4, "load", hour, hour + 2'000, {{"n", "1"}, {"tokens", infinity}});
    span.trace_id = trace_id(2);
    span.parent_span_id = span_id(1);
    span.status = SpanStatus::cancelled;
    batch.add(span);
  });
}

void fill_events(Store& store) {
  write(store, [](BatchBuilder& batch) {
    Event event = make_event(1, "e", 0, {{"size", 3}});
    event.type = "node_finished";
    event.span_id = span_id(1);
    batch.add(event);
    // As BatchBuilder::add has it, an event of a span.
    event = make_event(2, "e", 1, {{"size", 5}});
    event.span_id = span_id(2);
    event.source = EventSource::span;
    batch.add(make_span(2, "s", 0, 1), std::span(&event, 1));
    event = make_event(3, "other", hour, {{"size", nullptr}});
    event.trace_id = {};
    event.type = "x";
    batch.add(event);
  });
}

void fill_metrics(Store& store) {
  write(store, [](BatchBuilder& batch) {
    Metric metric = make_metric(1, "latency", 0, {{"weight", 0.5}});
    metric.value = 2;
    metric.unit = "s";
    batch.add(metric);
    metric = make_metric(2, "latency", 1, {{"weight", 2}});
    metric.value = 4;
    metric.unit = "ms";
    metric.aggregation_type = AggregationType::counter;
    metric.span_id = span_id(1);
    batch.add(metric);
    metric = make_metric(3, "latency", hour);
    metric.value = std::nan("");
    batch.add(metric);
    metric = make_metric(4, "size", hour, {{"weight", -1}});
    metric.trace_id = {};
    metric.value = 9;
    metric.aggregation_type = AggregationType::histogram;
    metric.distribution =
        Distribution{.count = 4, .sum = 9, .scale = 0, .zero_count = 1, .positive = {.offset = 0, .counts = {2, 0, 1}}};
    batch.add(metric);
  });
}

// Four names, in another sequence by each number.
void fill_ranked(Store& store) {
  write(store, [](BatchBuilder& batch) {
    std::uint64_t number = 0;
    const auto add = [&](const char* name, const std::vector<std::int64_t>& durations, std::size_t failed) {
      for (std::size_t i = 0; i < durations.size(); ++i) {
        Span span = make_span(++number, name, 0, durations[i]);
        if (i < failed) span.status = SpanStatus::failed;
        batch.add(span);
      }
    };
    add("a", {375, 375}, 2);
    add("b", {250, 250, 250, 250}, 0);
    add("c", {250, 250, 2'750}, 0);
    add("d", {3'000}, 1);
  });
}

Aggregation by(GroupBy one) { return {.by = {std::move(one)}}; }
Aggregation in_order(GroupOrder order, bool descending) {
  return {.by = {group_by_name()}, .order = order, .descending = descending};
}

void add_trace_groups(std::vector<ContractCase>& cases) {
  // The bucket of 10:00 and 11:00 on 2025-01-15.
  add_aggregates<TraceQuery>(cases, "traces", fill_traces, text,
                             {{"as_one_group", {}, {}, "[] 4 2 3: 1.75 0.5833333333333334 0.25..1 0.5 1 1 1\n"},
                              {"that_are_none_as_one_group", {.name = "none"}, {}, "[] 0 0 0\n"},
                              {"that_are_none_by_name", {.name = "none"}, by(group_by_name()), ""},
                              {"by_name",
                               {},
                               by(group_by_name()),
                               "[\"load\"] 2 1 2: 1.25 0.625 0.25..1 0.25 1 1 1\n"
                               "[\"remote\"] 1 1 1: 0.5 0.5 0.5..0.5 0.5 0.5 0.5 0.5\n"
                               "[\"save\"] 1 0 0\n"},
                              {"by_status",
                               {},
                               by(group_by_status()),
                               "[\"failed\"] 2 2 2: 1.5 0.75 0.5..1 0.5 1 1 1\n"
                               "[\"completed\"] 1 0 1: 0.25 0.25 0.25..0.25 0.25 0.25 0.25 0.25\n"
                               "[\"started\"] 1 0 0\n"},
                              {"measured_by_attribute",
                               {},
                               {.by = {group_by_name()}, .measure = {"cost"}},
                               "[\"load\"] 2 1 2: 4 2 1.5..2.5 1.5 2.5 2.5 2.5\n"
                               "[\"remote\"] 1 1 0\n"
                               "[\"save\"] 1 0 0\n"}});
  add_aggregates<TraceQuery>(
      cases, "traces", fill_traces, counts,
      {{"by_trace_id",
        {.name = "load"},
        {.by = {group_by_trace_id()}, .order = GroupOrder::key, .descending = false},
        "[\"01946953-8a00-7000-0000-000000000001\"] 1, [\"01946953-8a00-7000-0000-000000000002\"] 1"},
       {"by_attribute", {}, by(group_by_attribute("n")), "[1] 2, [null] 1, [true] 1"},
       {"by_nested_attribute", {}, by(group_by_attribute("who", "id")), "[null] 2, [\"a\"] 1, [\"b\"] 1"},
       {"by_object", {.name = "load"}, by(group_by_attribute("who")), "[{\"id\":\"a\"}] 1, [{\"id\":\"b\"}] 1"},
       {"by_hour", {}, by(group_by_time(1h)), "[1736935200000000000] 2, [1736938800000000000] 2"},
       {"by_second",
        {},
        by(group_by_time(1s)),
        "[1736938800000000000] 2, [1736935200000000000] 1, [1736935201000000000] 1"}});
}

void add_span_groups(std::vector<ContractCase>& cases) {
  add_aggregates<SpanQuery>(
      cases, "spans", fill_spans, text,
      {{"as_one_group", {}, {}, "[] 4 1 4: 3.75 0.9375 0.25..2 0.5 2 2 2\n"},
       {"by_name",
        {},
        by(group_by_name()),
        "[\"query\"] 3 1 3: 1.75 0.5833333333333334 0.25..1 0.5 1 1 1\n[\"load\"] 1 0 1: 2 2 2..2 2 2 2 2\n"},
       {"by_status",
        {},
        by(group_by_status()),
        "[\"completed\"] 2 0 2: 1.25 0.625 0.25..1 0.25 1 1 1\n"
        "[\"cancelled\"] 1 0 1: 2 2 2..2 2 2 2 2\n"
        "[\"failed\"] 1 1 1: 0.5 0.5 0.5..0.5 0.5 0.5 0.5 0.5\n"},
       {"measured_by_attribute", {}, {.measure = {"tokens"}}, "[] 4 1 3: inf inf 10..inf 20.5 inf inf inf\n"},
       {"measured_by_no_attribute", {}, {.measure = {"none"}}, "[] 4 1 0\n"}});
  add_aggregates<SpanQuery>(
      cases, "spans", fill_spans, counts,
      {{"by_kind", {}, by(group_by_kind()), "[\"CLIENT\"] 2, [\"INTERNAL\"] 2"},
       {"by_error_type", {}, by(group_by_error_type()), "[\"\"] 3, [\"Timeout\"] 1"},
       {"by_trace_id",
        {},
        by(group_by_trace_id()),
        "[\"01946953-8a00-7000-0000-000000000001\"] 2, [\"01946953-8a00-7000-0000-000000000002\"] 2"},
       {"by_attribute", {}, by(group_by_attribute("n")), "[1] 2, [true] 1, [\"1\"] 1"},
       {"by_time",
        {},
        by(group_by_time(100ms)),
        "[1736935200000000000] 1, [1736935200100000000] 1, [1736935200200000000] 1, [1736938800000000000] 1"},
       {"by_name_and_kind",
        {},
        {.by = {group_by_name(), group_by_kind()}},
        "[\"query\",\"CLIENT\"] 2, [\"load\",\"INTERNAL\"] 1, [\"query\",\"INTERNAL\"] 1"},
       {"by_kind_and_name",
        {},
        {.by = {group_by_kind(), group_by_name()}},
        "[\"CLIENT\",\"query\"] 2, [\"INTERNAL\",\"load\"] 1, [\"INTERNAL\",\"query\"] 1"},
       {"at_most_one", {}, {.by = {group_by_name()}, .limit = 1}, "[\"query\"] 3 (truncated)"},
       {"at_most_all", {}, {.by = {group_by_name()}, .limit = 2}, "[\"query\"] 3, [\"load\"] 1"},
       {"nothing_measured_last",
        {},
        {.by = {group_by_attribute("n")}, .measure = {"tokens"}, .order = GroupOrder::p95, .descending = false},
        "[1] 2, [\"1\"] 1, [true] 1"}});
}

void add_orders(std::vector<ContractCase>& cases) {
  const std::string a = "[\"a\"] 2", b = "[\"b\"] 4", c = "[\"c\"] 3", d = "[\"d\"] 1";
  const auto row = [&](const char* name, GroupOrder order, bool descending, const std::vector<std::string>& expected) {
    std::string line;
    for (const std::string& group : expected) line += (line.empty() ? "" : ", ") + group;
    return AggregateRow<SpanQuery>{name, {}, in_order(order, descending), line};
  };
  add_aggregates<SpanQuery>(cases, "ranked", fill_ranked, counts,
                            {row("most_first", GroupOrder::count, true, {b, c, a, d}),
                             row("fewest_first", GroupOrder::count, false, {d, a, c, b}),
                             row("most_errors_first", GroupOrder::errors, true, {a, d, b, c}),
                             row("fewest_errors_first", GroupOrder::errors, false, {b, c, d, a}),
                             row("largest_sum_first", GroupOrder::sum, true, {c, d, b, a}),
                             row("smallest_sum_first", GroupOrder::sum, false, {a, b, d, c}),
                             row("slowest_first", GroupOrder::p95, true, {d, c, a, b}),
                             row("fastest_first", GroupOrder::p95, false, {b, a, c, d}),
                             row("last_key_first", GroupOrder::key, true, {d, c, b, a}),
                             row("first_key_first", GroupOrder::key, false, {a, b, c, d})});
}

void add_event_and_metric_groups(std::vector<ContractCase>& cases) {
  add_aggregates<EventQuery>(cases, "events", fill_events, text,
                             {{"as_one_group", {}, {}, "[] 3 0 0\n"},
                              {"by_name", {}, by(group_by_name()), "[\"e\"] 2 0 0\n[\"other\"] 1 0 0\n"},
                              {"measured_by_attribute", {}, {.measure = {"size"}}, "[] 3 0 2: 8 4 3..5 3 5 5 5\n"}});
  add_aggregates<EventQuery>(
      cases, "events", fill_events, counts,
      {{"by_event_type", {}, by(group_by_event_type()), "[\"\"] 1, [\"node_finished\"] 1, [\"x\"] 1"},
       {"by_trace_id", {}, by(group_by_trace_id()), "[\"01946953-8a00-7000-0000-000000000001\"] 2, [null] 1"},
       {"by_attribute", {}, by(group_by_attribute("size")), "[null] 1, [3] 1, [5] 1"},
       {"by_hour", {}, by(group_by_time(1h)), "[1736935200000000000] 2, [1736938800000000000] 1"}});
  add_aggregates<MetricQuery>(
      cases, "metrics", fill_metrics, text,
      {{"by_name",
        {},
        by(group_by_name()),
        "[\"latency\"] 3 0 2: 6 3 2..4 2 4 4 4\n"
        "[\"size\"] 1 0 4: 9 2.25 0..8 1.3333333333333333 5.333333333333333 5.333333333333333 5.333333333333333 "
        "error 0.333333\n"},
       {"measured_by_attribute",
        {},
        {.by = {group_by_name()}, .measure = {"weight"}},
        "[\"latency\"] 3 0 2: 2.5 1.25 0.5..2 0.5 2 2 2\n[\"size\"] 1 0 1: -1 -1 -1..-1 -1 -1 -1 -1\n"}});
  add_aggregates<MetricQuery>(
      cases, "metrics", fill_metrics, counts,
      {{"by_unit", {}, by(group_by_unit()), "[\"\"] 2, [\"ms\"] 1, [\"s\"] 1"},
       {"by_trace_id", {}, by(group_by_trace_id()), "[\"01946953-8a00-7000-0000-000000000001\"] 3, [null] 1"},
       {"by_attribute", {}, by(group_by_attribute("weight")), "[null] 1, [-1] 1, [0.5] 1, [2] 1"},
       {"by_hour", {}, by(group_by_time(1h)), "[1736935200000000000] 2, [1736938800000000000] 2"}});
}

template <class Query>
void add_refused(std::vector<ContractCase>& cases, const std::string& kind, void (*fill)(Store&),
                 const std::vector<GroupBy::Field>& lacking) {
  const std::string refused = "error: invalid_argument";
  const auto query = [](const auto& change) {
    Query made;
    change(made);
    return made;
  };
  std::vector<AggregateRow<Query>> rows{
      {"with_a_limit", query([](Query& q) { q.limit = 5; }), {}, refused},
      {"with_a_limit_of_zero", query([](Query& q) { q.limit = 0; }), {}, refused},
      {"with_an_offset", query([](Query& q) { q.offset = 1; }), {}, refused},
      {"with_a_cursor", query([](Query& q) { q.cursor = "x"; }), {}, refused},
      {"with_an_order", query([](Query& q) { q.order = Order::oldest_first; }), {}, refused},
      {"without_attributes", query([](Query& q) { q.with_attributes = false; }), {}, refused},
      {"with_a_wrong_glob", query([](Query& q) { q.name = "["; }), {}, refused},
      {"with_an_empty_filter", query([](Query& q) { q.attributes = {AttributeFilter{}}; }), {}, refused},
      {"beyond_their_time_limit", query([](Query& q) { q.time_limit = Seconds{1e-9}; }), {}, "error: timeout"},
      {"with_a_time_limit_of_zero", query([](Query& q) { q.time_limit = Seconds{0}; }), {}, refused},
      {"with_no_groups_wanted", {}, {.limit = 0}, refused},
      {"by_an_attribute_without_a_path", {}, by({.field = GroupBy::Field::attribute}), refused},
      {"by_a_path_too_long",
       {},
       by({.field = GroupBy::Field::attribute, .path = std::vector<std::string>(max_attribute_path + 1)}),
       refused},
      {"measured_by_a_path_too_long", {}, {.measure = std::vector<std::string>(max_attribute_path + 1)}, refused},
      {"by_a_name_with_a_path", {}, by({.field = GroupBy::Field::name, .path = {"x"}}), refused},
      {"by_a_name_with_a_width", {}, by({.field = GroupBy::Field::name, .width = 1s}), refused},
      {"by_time_without_a_width", {}, by(group_by_time(0s)), refused},
      {"by_time_of_less_than_a_nanosecond", {}, by(group_by_time(Seconds{1e-10})), refused},
      {"by_time_backwards", {}, by(group_by_time(-1s)), refused},
      {"by_time_of_nan", {}, by(group_by_time(Seconds{std::nan("")})), refused},
      {"by_time_for_ever", {}, by(group_by_time(Seconds{infinity})), refused},
      {"by_too_many_things", {}, {.by = std::vector<GroupBy>(max_group_by + 1)}, refused},
  };
  for (const GroupBy::Field field : lacking) {
    rows.push_back({"by_" + std::string(to_string(field)), {}, by({.field = field}), refused});
  }
  add_aggregates<Query>(cases, kind + "_refused", fill, counts, rows);
}

void the_message_names_the_field_and_the_kind(Store& store, Checks& checks) {
  std::string message;
  try {
    static_cast<void>(store.aggregate_events({}, by(group_by_unit())));
  } catch (const Error& error) {
    message = error.what();
  }
  checks.equal("message", message, "an aggregate cannot be by unit: events have none");
}

template <class Query>
void add_filtered(std::vector<ContractCase>& cases, const std::string& kind, void (*fill)(Store&),
                  const std::vector<std::pair<std::string, Query>>& queries, const std::vector<std::string>& expected) {
  std::vector<AggregateRow<Query>> rows;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    rows.push_back({queries[i].first, queries[i].second, {}, "[] " + expected[i]});
  }
  add_aggregates<Query>(cases, kind + "_of", fill, counts, rows);
}

void add_filters(std::vector<ContractCase>& cases) {
  add_filtered<TraceQuery>(cases, "traces", fill_traces,
                           {{"a_trace_id", {.trace_id = trace_id(2)}},
                            {"an_implied_trace_id", {.trace_id = trace_id(4)}},
                            {"a_name", {.name = "load"}},
                            {"a_glob", {.name = "[ls]*"}},
                            {"a_status", {.status = TraceStatus::failed}},
                            {"a_time", {.start_time = {.from = at(1'000)}}},
                            {"a_duration", {.duration = {.min = 300ms}}},
                            {"an_attribute", {.attributes = {attribute("n") == 1}}},
                            {"a_minute", {.time_limit = Seconds{60}}}},
                           {"1", "1", "2", "3", "2", "3", "2", "2", "4"});
  add_filtered<SpanQuery>(cases, "spans", fill_spans,
                          {{"a_trace_id", {.trace_id = trace_id(2)}},
                           {"a_span_id", {.span_id = span_id(3)}},
                           {"a_parent", {.parent_span_id = span_id(1)}},
                           {"a_name", {.name = "query"}},
                           {"a_glob", {.name = "q*"}},
                           {"a_kind", {.kind = SpanKind::CLIENT}},
                           {"a_status", {.status = SpanStatus::failed}},
                           {"a_time", {.start_time = {.to = at(200)}}},
                           {"a_duration", {.duration = {.max = 1s}}},
                           {"an_attribute", {.attributes = {attribute("tokens") > 15}}}},
                          {"2", "1", "1", "3", "3", "2", "1", "2", "2", "2"});
  add_filtered<EventQuery>(cases, "events", fill_events,
                           {{"a_trace_id", {.trace_id = trace_id(1)}},
                            {"no_trace", {.trace_id = TraceId{}}},
                            {"a_span_id", {.span_id = span_id(1)}},
                            {"an_event_id", {.event_id = record_id(3)}},
                            {"an_event_type", {.event_type = "x"}},
                            {"no_event_type", {.event_type = ""}},
                            {"a_name", {.name = "e"}},
                            {"a_source", {.source = EventSource::recorded}},
                            {"a_time", {.timestamp = {.from = at(1)}}},
                            {"an_attribute", {.attributes = {attribute("size") > 4}}}},
                           {"2", "1", "1", "1", "1", "1", "2", "2", "2", "1"});
  add_filtered<MetricQuery>(cases, "metrics", fill_metrics,
                            {{"a_trace_id", {.trace_id = trace_id(1)}},
                             {"a_span_id", {.span_id = span_id(1)}},
                             {"a_metric_id", {.metric_id = record_id(3)}},
                             {"a_name", {.name = "latency"}},
                             {"an_aggregation_type", {.aggregation_type = AggregationType::counter}},
                             {"a_time", {.timestamp = {.to = at(1)}}},
                             {"a_value", {.value = {.min = 3}}},
                             {"an_attribute", {.attributes = {attribute("weight") < 1}}}},
                            {"3", "1", "1", "3", "1", "1", "2", "2"});
}

}  // namespace

std::vector<ContractCase> aggregate_cases() {
  using Field = GroupBy::Field;
  std::vector<ContractCase> cases;
  add_trace_groups(cases);
  add_span_groups(cases);
  add_orders(cases);
  add_event_and_metric_groups(cases);
  add_filters(cases);
  add_refused<TraceQuery>(cases, "traces", fill_traces,
                          {Field::kind, Field::error_type, Field::event_type, Field::unit});
  add_refused<SpanQuery>(cases, "spans", fill_spans, {Field::event_type, Field::unit});
  add_refused<EventQuery>(cases, "events", fill_events, {Field::kind, Field::status, Field::error_type, Field::unit});
  add_refused<MetricQuery>(cases, "metrics", fill_metrics,
                           {Field::kind, Field::status, Field::error_type, Field::event_type});
  cases.push_back({"aggregate_message_names_the_field_and_the_kind", the_message_names_the_field_and_the_kind});
  for (const ContractCase& contract_case : aggregate_value_cases()) cases.push_back(contract_case);
  return cases;
}

}  // namespace spark::testing
