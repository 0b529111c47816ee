#include "backends/records.h"

#include <memory>
#include <utility>

#include "spark/base/json.h"

namespace spark::testing {
namespace {

constexpr std::uint64_t top_bit = 1ULL << 63;
constexpr std::uint64_t trace_high = 0x0194'6953'8A00'7000;   // a UUIDv7 of the time below
constexpr std::int64_t start_ns = 1'736'935'200'000'000'000;  // 2025-01-15T10:00:00Z

std::uint64_t with_top_bit(std::uint64_t number) { return number >= 8 ? number | top_bit : number; }
std::uint64_t without_top_bit(std::uint64_t value) { return value & ~top_bit; }

std::string name_of(char letter, std::uint64_t value) {
  return value == 0 ? std::string("-") : letter + std::to_string(without_top_bit(value));
}
std::string name_of(TraceId id) { return name_of('T', id.low); }
std::string name_of(SpanId id) { return name_of('S', id.value); }
std::string name_of(RecordId id) { return name_of('R', id.low & ~(1ULL << 62)); }

std::string name_of(Timestamp time) {
  const std::int64_t ns = time.time_since_epoch().count() - start_ns;
  return ns % 1'000'000 == 0 ? std::to_string(ns / 1'000'000) : std::to_string(ns) + "ns";
}

std::string quoted(const std::string& content) {
  std::string out;
  append_json_string(out, content);
  return out;
}

template <class Record>
std::string joined(const Page<Record>& page, const std::function<std::string(const Record&)>& name) {
  std::string out;
  for (const Record& record : page) out += (out.empty() ? "" : " ") + name(record);
  return page.truncated ? out + " (truncated)" : out;
}

std::string distribution_text(const Distribution& distribution) {
  const auto side = [](const Distribution::Buckets& buckets) {
    std::string out = std::to_string(buckets.offset) + ":";
    for (const auto count : buckets.counts) out += std::to_string(count) + ",";
    return out;
  };
  return "count=" + std::to_string(distribution.count) + " sum=" + to_json(Value(distribution.sum)) +
         " scale=" + std::to_string(distribution.scale) + " zero=" + std::to_string(distribution.zero_count) +
         " positive=" + side(distribution.positive) + " negative=" + side(distribution.negative);
}

}  // namespace

Timestamp at(std::int64_t ms) { return Timestamp(std::chrono::nanoseconds(start_ns + ms * 1'000'000)); }

TraceId trace_id(std::uint64_t number) { return {trace_high, with_top_bit(number)}; }
SpanId span_id(std::uint64_t number) { return {with_top_bit(number)}; }
RecordId record_id(std::uint64_t number) {
  return {0x1234'5678'9ABC'8DEF, number | (number >= 8 ? top_bit : 1ULL << 62)};
}

Resource test_resource() {
  return {.service_name = "shop",
          .service_version = "1.2",
          .host_name = "host",
          .process_id = 42,
          .producer_id = 0xFEDC'BA98'7654'3210,
          .metadata = {{"environment", "test"}}};
}

Trace make_trace(std::uint64_t number, const std::string& name, std::int64_t start, std::optional<std::int64_t> end,
                 Object attributes) {
  Trace trace;
  trace.trace_id = trace_id(number);
  trace.name = name;
  trace.start_time = at(start);
  if (end) trace.end_time = at(*end);
  trace.status = end ? TraceStatus::completed : TraceStatus::started;
  trace.attributes = std::move(attributes);
  return trace;
}

Span make_span(std::uint64_t number, const std::string& name, std::int64_t start, std::int64_t end, Object attributes) {
  Span span;
  span.span_id = span_id(number);
  span.trace_id = trace_id(1);
  span.name = name;
  span.start_time = at(start);
  span.end_time = at(end);
  span.attributes = std::move(attributes);
  return span;
}

Event make_event(std::uint64_t number, const std::string& name, std::int64_t time, Object attributes) {
  Event event;
  event.event_id = record_id(number);
  event.trace_id = trace_id(1);
  event.name = name;
  event.timestamp = at(time);
  event.attributes = std::move(attributes);
  return event;
}

Metric make_metric(std::uint64_t number, const std::string& name, std::int64_t time, Object attributes) {
  Metric metric;
  metric.metric_id = record_id(number);
  metric.trace_id = trace_id(1);
  metric.name = name;
  metric.timestamp = at(time);
  metric.attributes = std::move(attributes);
  return metric;
}

void write(Store& store, const std::function<void(BatchBuilder&)>& fill) {
  BatchBuilder builder(std::make_shared<const Resource>(test_resource()));
  fill(builder);
  store.write(*builder.build());
}

void write_as(Store& store, const std::string& service, const std::function<void(BatchBuilder&)>& fill) {
  Resource resource = test_resource();
  resource.service_name = service;
  BatchBuilder builder(std::make_shared<const Resource>(std::move(resource)));
  fill(builder);
  store.write(*builder.build());
}

void add_local_root(BatchBuilder& builder, const Span& span) {
  SpanView view;
  view.trace_id = span.trace_id;
  view.span_id = span.span_id;
  view.parent_span_id = span.parent_span_id;
  view.start_ns = span.start_time.time_since_epoch().count();
  view.end_ns = span.end_time.time_since_epoch().count();
  view.kind = span.kind;
  view.status = span.status;
  view.is_local_root = true;
  view.name = builder.copy(span.name);
  builder.add(view);
}

std::string text(const Trace& trace) {
  return name_of(trace.trace_id) + " " + trace.name + " " + std::string(to_string(trace.status)) + " " +
         name_of(trace.start_time) + ".." + (trace.end_time ? name_of(*trace.end_time) : "") + " " +
         to_json(trace.attributes) + " root=" + name_of(trace.root_span_id) + " graph=" + trace.graph_hash +
         (trace.partial ? " partial" : "");
}

std::string text(const Span& span) {
  return name_of(span.trace_id) + " " + name_of(span.span_id) + "<" + name_of(span.parent_span_id) + " " + span.name +
         " " + std::string(to_string(span.kind)) + " " + std::string(to_string(span.status)) + " " +
         name_of(span.start_time) + ".." + name_of(span.end_time) + " " + quoted(span.status_message) + " " +
         quoted(span.error_type) + " " + to_json(span.attributes);
}

std::string text(const Event& event) {
  return name_of(event.event_id) + " " + name_of(event.trace_id) + " " + name_of(event.span_id) + " " +
         quoted(event.type) + " " + event.name + " " + name_of(event.timestamp) + " " +
         std::string(to_string(event.source)) + " " + to_json(event.attributes);
}

std::string text(const Metric& metric) {
  return name_of(metric.metric_id) + " " + name_of(metric.trace_id) + " " + name_of(metric.span_id) + " " +
         metric.name + " " + to_json(Value(metric.value)) + " " + quoted(metric.unit) + " " +
         std::string(to_string(metric.aggregation_type)) + " " + name_of(metric.timestamp) + " " +
         to_json(metric.attributes) + (metric.distribution ? " " + distribution_text(*metric.distribution) : "");
}

std::string text(const GraphDefinition& graph) {
  return graph.hash + " " + graph.graph_id + " " + graph.version + " " + to_json(graph.content);
}

std::string ids(const Page<Trace>& page) {
  return joined<Trace>(page, [](const Trace& trace) { return name_of(trace.trace_id); });
}
std::string ids(const Page<Span>& page) {
  return joined<Span>(page, [](const Span& span) { return name_of(span.span_id); });
}
std::string ids(const Page<Event>& page) {
  return joined<Event>(page, [](const Event& event) { return name_of(event.event_id); });
}
std::string ids(const Page<Metric>& page) {
  return joined<Metric>(page, [](const Metric& metric) { return name_of(metric.metric_id); });
}
std::string ids(const Page<GraphDefinition>& page) {
  return joined<GraphDefinition>(page, [](const GraphDefinition& graph) { return graph.hash; });
}

}  // namespace spark::testing
