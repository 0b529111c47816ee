#include "backends/random_queries.h"

#include <cmath>
#include <limits>

namespace spark::testing {
namespace {

constexpr std::uint64_t traces = 12, spans = 60, records = 60, graphs = 6;
constexpr const char* keys[] = {"a", "b", "a.b", "$bytes", "$object", "", "é\"\\\n", "'; --"};

}  // namespace

std::string RandomQueries::name() {
  constexpr const char* names[] = {"load", "Load", "load_node", "a*b", "a?b", "[x]", "", "é", "x'y", "\\"};
  return one_of(names);
}

std::string RandomQueries::pattern() {
  constexpr const char* patterns[] = {"*",    "load*", "*o*", "?",     "a?b",  "a\\*b", "[lL]oad", "[!l]*",
                                      "load", "",      "*'y", "[[]x]", "\\\\", "?*?",   "[a-z]*",  "*_*"};
  return one_of(patterns);
}

Value RandomQueries::value(int depth) {
  switch (below(depth > 0 ? 14 : 12)) {
    case 0:
      return nullptr;
    case 1:
      return one_in(2);
    case 2:
      return static_cast<std::int64_t>(below(3));
    case 3:
      return static_cast<double>(below(3));
    case 4:
      return std::nan("");
    case 5:
      return one_in(2) ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
    case 6:
      return one_in(2) ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
    case 7:
      return one_in(2) ? 9'223'372'036'854'775'808.0 : 0.1;
    case 8:
      return Bytes{{static_cast<std::uint8_t>(below(3))}};
    case 9:
      return Array{static_cast<std::int64_t>(below(2)), "x"};
    case 10:
      return std::to_string(below(3));
    case 11:
      return name();
    default:
      return attributes(depth - 1);
  }
}

Object RandomQueries::attributes(int depth) {
  Object object;
  for (auto count = below(4); count > 0; --count) object.set(one_of(keys), value(depth));
  return object;
}

AttributeFilter RandomQueries::filter() {
  constexpr AttributeOp ops[] = {AttributeOp::equal, AttributeOp::not_equal, AttributeOp::less, AttributeOp::greater,
                                 AttributeOp::exists};
  AttributeFilter made{{one_of(keys)}, one_of(ops), value(1)};
  while (one_in(3)) made.path.emplace_back(one_of(keys));
  return made;
}

TimeRange RandomQueries::time_range() {
  TimeRange range;
  if (one_in(4)) range.from = time();
  if (one_in(4)) range.to = time();
  return range;
}

DurationRange RandomQueries::duration_range() {
  DurationRange range;
  if (one_in(4)) range.min = std::chrono::milliseconds(below(4));
  if (one_in(4)) range.max = std::chrono::milliseconds(below(4));
  return range;
}

// All of a span, event or metric follows from its id, as in a batch that is sent again: only traces are merged.
void RandomQueries::add_span(BatchBuilder& batch, SpanId id) {
  RandomQueries random(id.value * 1'000'003 + seed_);
  Span span = make_span(1, random.name(), 0, 0, random.attributes(2));
  span.span_id = id;
  span.trace_id = trace_id(1 + random.below(traces));
  span.start_time = random.time();
  span.end_time = span.start_time + std::chrono::milliseconds(random.below(4));
  span.kind = random.one_of({SpanKind::INTERNAL, SpanKind::CLIENT});
  span.status = random.one_of({SpanStatus::completed, SpanStatus::failed});
  if (span.status == SpanStatus::failed) span.error_type = random.one_of({"", "Timeout"});
  if (random.one_in(2)) span.parent_span_id = span_id(1 + random.below(3));
  random.one_in(5) ? add_local_root(batch, span) : batch.add(span);
}

void RandomQueries::add_event(BatchBuilder& batch, EventId id) {
  RandomQueries random(id.low * 1'000'033 + seed_);
  Event event = make_event(1, random.name(), 0, random.attributes(2));
  event.event_id = id;
  event.trace_id = random.one_in(5) ? TraceId{} : trace_id(1 + random.below(traces));
  event.timestamp = random.time();
  event.type = random.one_of({"", "node_failed", "x"});
  if (random.one_in(2)) event.span_id = span_id(1 + random.below(3));
  batch.add(event);
}

void RandomQueries::add_metric(BatchBuilder& batch, MetricId id) {
  RandomQueries random(id.low * 1'000'037 + seed_);
  Metric metric = make_metric(1, random.name(), 0, random.attributes(2));
  metric.metric_id = id;
  metric.trace_id = random.one_in(5) ? TraceId{} : trace_id(1 + random.below(traces));
  metric.timestamp = random.time();
  metric.unit = random.one_of({"", "s"});
  metric.value = random.one_of({0.0, -1.0, 2.5, std::nan(""), std::numeric_limits<double>::infinity()});
  metric.aggregation_type = random.one_of({AggregationType::gauge, AggregationType::counter});
  batch.add(metric);
}

void RandomQueries::fill(BatchBuilder& batch) {
  constexpr std::uint64_t records_a_batch = 30;
  for (std::uint64_t i = 0; i < records_a_batch; ++i) {
    const auto start = static_cast<std::int64_t>(below(20));
    Trace made = make_trace(1 + below(traces), name(), start, {}, attributes(2));
    if (one_in(2)) {
      made.end_time = made.start_time + std::chrono::milliseconds(below(4));
      made.status = one_of({TraceStatus::completed, TraceStatus::failed, TraceStatus::cancelled});
    }
    if (one_in(3)) batch.add(made);

    add_span(batch, span_id(1 + below(spans)));

    add_event(batch, record_id(1 + below(records)));
    add_metric(batch, record_id(1 + below(records)));
  }
  const std::string number = std::to_string(below(graphs));
  batch.add(GraphDefinition{.hash = "h" + number, .graph_id = one_of({"a", "b"}), .version = number, .content = {}});
}

template <class Query>
void RandomQueries::set_common(Query& query, bool has_durations) {
  query.limit = one_in(2) ? 1 + below(7) : default_query_limit;
  if (one_in(5)) query.offset = below(5);
  if (one_in(3)) query.name = pattern();
  while (one_in(2)) query.attributes.push_back(filter());
  query.order = one_of({Order::newest_first, Order::oldest_first});
  if (has_durations && one_in(2)) query.order = one_of({Order::longest_first, Order::shortest_first});
  query.with_attributes = !one_in(4);
}

TraceQuery RandomQueries::trace_query() {
  TraceQuery query;
  set_common(query, true);
  if (one_in(8)) query.trace_id = trace_id(1 + below(traces));
  if (one_in(4)) query.status = one_of({TraceStatus::started, TraceStatus::completed, TraceStatus::failed});
  query.start_time = time_range();
  query.duration = duration_range();
  return query;
}

SpanQuery RandomQueries::span_query() {
  SpanQuery query;
  set_common(query, true);
  if (one_in(4)) query.trace_id = trace_id(1 + below(traces));
  if (one_in(10)) query.span_id = span_id(1 + below(spans));
  if (one_in(6)) query.parent_span_id = one_in(2) ? SpanId{} : span_id(1 + below(3));
  if (one_in(4)) query.kind = one_of({SpanKind::INTERNAL, SpanKind::CLIENT});
  if (one_in(4)) query.status = one_of({SpanStatus::completed, SpanStatus::failed});
  query.start_time = time_range();
  query.duration = duration_range();
  return query;
}

EventQuery RandomQueries::event_query() {
  EventQuery query;
  set_common(query, false);
  if (one_in(4)) query.trace_id = one_in(3) ? TraceId{} : trace_id(1 + below(traces));
  if (one_in(6)) query.span_id = one_in(2) ? SpanId{} : span_id(1 + below(3));
  if (one_in(10)) query.event_id = record_id(1 + below(records));
  if (one_in(4)) query.event_type = one_of({"", "node_failed", "x", "y"});
  if (one_in(8)) query.source = one_of({EventSource::recorded, EventSource::span});
  query.timestamp = time_range();
  return query;
}

MetricQuery RandomQueries::metric_query() {
  MetricQuery query;
  set_common(query, false);
  if (one_in(4)) query.trace_id = one_in(3) ? TraceId{} : trace_id(1 + below(traces));
  if (one_in(10)) query.metric_id = record_id(1 + below(records));
  if (one_in(4)) query.aggregation_type = one_of({AggregationType::gauge, AggregationType::counter});
  if (one_in(4)) query.value.min = one_of({0.0, 1.0, -std::numeric_limits<double>::infinity()});
  if (one_in(4)) query.value.max = one_of({0.0, 2.5, std::numeric_limits<double>::infinity()});
  query.timestamp = time_range();
  return query;
}

GraphQuery RandomQueries::graph_query() {
  GraphQuery query;
  query.limit = 1 + below(4);
  query.offset = below(3);
  if (one_in(3)) query.graph_id = one_of({"a", "b", "c"});
  if (one_in(4)) query.version = std::to_string(below(graphs));
  return query;
}

Aggregation RandomQueries::aggregation(const std::vector<GroupBy::Field>& fields) {
  Aggregation made;
  for (auto count = below(4); count > 0; --count) {
    GroupBy by{.field = fields[below(fields.size())]};
    if (by.field == GroupBy::Field::attribute) by.path = filter().path;
    if (by.field == GroupBy::Field::time) by.width = std::chrono::milliseconds(1 + below(7));
    made.by.push_back(by);
  }
  if (one_in(2)) made.measure = filter().path;
  made.order = one_of({GroupOrder::count, GroupOrder::errors, GroupOrder::sum, GroupOrder::p95, GroupOrder::key});
  made.descending = one_in(2);
  if (one_in(3)) made.limit = 1 + below(5);
  return made;
}

}  // namespace spark::testing
