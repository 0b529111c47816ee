// The way back from bytes to a batch.
#include <utility>
#include <vector>

#include "backends/reliable/batch_codec.h"
#include "backends/reliable/batch_format.h"
#include "backends/reliable/byte_reader.h"

namespace spark::detail::reliable {
namespace {

Value read_value(ByteReader& in, int depth);

Object read_object(ByteReader& in, int depth) {
  constexpr std::size_t least_member = 2;
  std::vector<Object::Member> members;
  const std::size_t count = in.count(least_member);
  for (std::size_t i = 0; i < count; ++i) {
    std::string key(in.text());
    members.emplace_back(std::move(key), read_value(in, depth));
  }
  return Object(std::move(members));
}

Value read_value(ByteReader& in, int depth) {
  switch (in.enumerator(ValueType::object)) {
    case ValueType::null:
      return {};
    case ValueType::boolean:
      return in.boolean();
    case ValueType::integer:
      return in.signed_varint();
    case ValueType::number:
      return in.number();
    case ValueType::string:
      return in.text();
    case ValueType::bytes: {
      const std::string_view octets = in.text();
      return Bytes{std::vector<std::uint8_t>(octets.begin(), octets.end())};
    }
    case ValueType::array: {
      if (depth >= max_value_depth + 1) in.fail("a value nested too deep");
      // It grows as its elements come: what a damaged count promises costs nothing.
      Array array;
      for (std::size_t left = in.count(1); left > 0; --left) array.push_back(read_value(in, depth + 1));
      return array;
    }
    case ValueType::object:
      if (depth >= max_value_depth + 1) in.fail("a value nested too deep");
      return read_object(in, depth + 1);
  }
  return {};
}

ValueView read_view(ByteReader& in, BatchBuilder& builder) {
  const auto type = static_cast<ValueType>(in.peek());
  if (type == ValueType::string) {
    static_cast<void>(in.byte());
    return ValueView(builder.copy(in.text()));
  }
  Value value = read_value(in, 0);
  if (type == ValueType::bytes || type == ValueType::array || type == ValueType::object) {
    return ValueView(builder.keep(std::make_unique<const Value>(std::move(value))));
  }
  return ValueView(value);
}

AttributesView read_attributes(ByteReader& in, BatchBuilder& builder) {
  constexpr std::size_t least_attribute = 2;
  const auto attributes = builder.attributes(in.count(least_attribute));
  for (AttributeView& attribute : attributes) {
    const std::string_view key = builder.copy(in.text());
    attribute = {key, read_view(in, builder)};
  }
  return attributes;
}

template <class Id>
Id read_long_id(ByteReader& in) {
  const std::uint64_t high = in.fixed();
  return {high, in.fixed()};
}
TraceId read_trace_id(ByteReader& in) { return read_long_id<TraceId>(in); }
RecordId read_record_id(ByteReader& in) { return read_long_id<RecordId>(in); }
SpanId read_span_id(ByteReader& in) { return {in.fixed()}; }
std::int64_t read_time(ByteReader& in) { return static_cast<std::int64_t>(in.fixed()); }

std::shared_ptr<const Resource> read_resource(ByteReader& in) {
  auto resource = std::make_shared<Resource>();
  resource->service_name = in.text();
  resource->service_version = in.text();
  resource->host_name = in.text();
  resource->process_id = in.signed_varint();
  resource->producer_id = in.fixed();
  resource->metadata = read_object(in, 0);
  return resource;
}

void read_trace(ByteReader& in, BatchBuilder& builder) {
  TraceView trace;
  trace.is_end = in.boolean();
  trace.trace_id = read_trace_id(in);
  trace.root_span_id = read_span_id(in);
  trace.start_ns = read_time(in);
  trace.end_ns = read_time(in);
  trace.status = in.enumerator(TraceStatus::cancelled);
  trace.name = builder.copy(in.text());
  trace.graph_hash = builder.copy(in.text());
  trace.attributes = read_attributes(in, builder);
  builder.add(trace);
}

void read_span(ByteReader& in, BatchBuilder& builder) {
  constexpr std::size_t least_span_event = 16 + 8 + 1 + 1;
  SpanView span;
  span.trace_id = read_trace_id(in);
  span.span_id = read_span_id(in);
  span.parent_span_id = read_span_id(in);
  span.start_ns = read_time(in);
  span.end_ns = read_time(in);
  span.kind = in.enumerator(SpanKind::CONSUMER);
  span.status = in.enumerator(SpanStatus::cancelled);
  span.is_local_root = in.boolean();
  span.name = builder.copy(in.text());
  span.status_message = builder.copy(in.text());
  span.error_type = builder.copy(in.text());
  span.attributes = read_attributes(in, builder);
  const auto events = builder.span_events(in.count(least_span_event));
  for (SpanEventView& event : events) {
    event = {};
    event.event_id = read_record_id(in);
    event.time_ns = read_time(in);
    event.name = builder.copy(in.text());
    event.attributes = read_attributes(in, builder);
  }
  span.events = events;
  builder.add(span);
}

void read_event(ByteReader& in, BatchBuilder& builder) {
  EventView event;
  event.event_id = read_record_id(in);
  event.trace_id = read_trace_id(in);
  event.span_id = read_span_id(in);
  event.time_ns = read_time(in);
  event.source = in.enumerator(EventSource::span);
  event.type = builder.copy(in.text());
  event.name = builder.copy(in.text());
  event.attributes = read_attributes(in, builder);
  builder.add(event);
}

Distribution::Buckets read_buckets(ByteReader& in) {
  Distribution::Buckets buckets;
  buckets.offset = in.signed_varint_32();
  buckets.counts.resize(in.count(1));
  for (std::uint64_t& count : buckets.counts) count = in.varint();
  return buckets;
}

void read_metric(ByteReader& in, BatchBuilder& builder) {
  MetricView metric;
  metric.metric_id = read_record_id(in);
  metric.trace_id = read_trace_id(in);
  metric.span_id = read_span_id(in);
  metric.time_ns = read_time(in);
  metric.value = in.number();
  metric.aggregation_type = in.enumerator(AggregationType::histogram);
  metric.is_self_metric = in.boolean();
  metric.name = builder.copy(in.text());
  metric.unit = builder.copy(in.text());
  metric.attributes = read_attributes(in, builder);
  if (in.boolean()) {
    auto distribution = std::make_unique<Distribution>();
    distribution->count = in.varint();
    distribution->sum = in.number();
    distribution->scale = in.signed_varint_32();
    distribution->zero_count = in.varint();
    distribution->positive = read_buckets(in);
    distribution->negative = read_buckets(in);
    metric.distribution = &builder.keep(std::unique_ptr<const Distribution>(std::move(distribution)));
  }
  builder.add(metric);
}

void read_graph(ByteReader& in, BatchBuilder& builder) {
  GraphDefinition graph;
  graph.hash = in.text();
  graph.graph_id = in.text();
  graph.version = in.text();
  graph.content = read_object(in, 0);
  builder.add(std::move(graph));
}

void read_all(ByteReader& in, BatchBuilder& builder, void (*read)(ByteReader&, BatchBuilder&)) {
  constexpr std::size_t least_record = 4;
  for (std::size_t left = in.count(least_record); left > 0; --left) read(in, builder);
}

}  // namespace

std::shared_ptr<const Batch> decode_batch(std::string_view bytes) {
  if (bytes.size() < batch_magic.size() + 1 + checksum_bytes || !bytes.starts_with(batch_magic)) {
    throw Error(ErrorCode::corrupt, "this is no batch");
  }
  const auto found = static_cast<std::uint8_t>(bytes[batch_magic.size()]);
  ByteReader sum(bytes.substr(bytes.size() - checksum_bytes));
  bytes.remove_suffix(checksum_bytes);
  if (sum.fixed() != checksum(bytes)) throw Error(ErrorCode::corrupt, "a batch is damaged: its checksum is wrong");
  if (found > batch_version) {
    throw Error(ErrorCode::too_new, "a batch was written by a later version of this library (its format is version " +
                                        std::to_string(found) + ", this one knows up to " +
                                        std::to_string(batch_version) + ")");
  }
  ByteReader in(bytes.substr(batch_magic.size() + 1));
  BatchBuilder builder(read_resource(in));
  read_all(in, builder, read_trace);
  read_all(in, builder, read_span);
  read_all(in, builder, read_event);
  read_all(in, builder, read_metric);
  read_all(in, builder, read_graph);
  if (!in.at_end()) in.fail("more than a batch");
  return builder.build();
}

}  // namespace spark::detail::reliable
