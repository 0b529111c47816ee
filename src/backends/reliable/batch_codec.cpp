#include "backends/reliable/batch_codec.h"

#include "backends/reliable/batch_format.h"
#include "backends/reliable/byte_writer.h"

namespace spark::detail::reliable {
namespace {

void write_value(ByteWriter& out, const Value& value, int depth);

void write_object(ByteWriter& out, const Object& object, int depth) {
  out.varint(object.size());
  for (const Object::Member& member : object) {
    out.text(member.key);
    write_value(out, member.value, depth);
  }
}

void write_value(ByteWriter& out, const Value& value, int depth) {
  const ValueType type = depth > max_value_depth ? ValueType::null : value.type();
  out.byte(static_cast<std::uint8_t>(type));
  switch (type) {
    case ValueType::null:
      return;
    case ValueType::boolean:
      return out.byte(value.as_bool() ? 1 : 0);
    case ValueType::integer:
      return out.signed_varint(value.as_int());
    case ValueType::number:
      return out.number(value.as_double());
    case ValueType::string:
      return out.text(value.as_string());
    case ValueType::bytes: {
      const auto& octets = value.as_bytes().octets;
      return out.text({reinterpret_cast<const char*>(octets.data()), octets.size()});
    }
    case ValueType::array:
      out.varint(value.as_array().size());
      for (const Value& element : value.as_array()) write_value(out, element, depth + 1);
      return;
    case ValueType::object:
      return write_object(out, value.as_object(), depth + 1);
  }
}

void write_view(ByteWriter& out, const ValueView& view) {
  switch (view.type()) {
    case ValueType::bytes:
    case ValueType::array:
    case ValueType::object:
      return write_value(out, view.nested(), 0);
    case ValueType::string:
      out.byte(static_cast<std::uint8_t>(view.type()));
      return out.text(view.text());
    default:
      return write_value(out, view.to_value(), 0);
  }
}

void write_attributes(ByteWriter& out, AttributesView attributes) {
  out.varint(attributes.size());
  for (const AttributeView& attribute : attributes) {
    out.text(attribute.key);
    write_view(out, attribute.value);
  }
}

void write_id(ByteWriter& out, const TraceId& id) {
  out.fixed(id.high);
  out.fixed(id.low);
}
void write_id(ByteWriter& out, const RecordId& id) {
  out.fixed(id.high);
  out.fixed(id.low);
}
void write_id(ByteWriter& out, const SpanId& id) { out.fixed(id.value); }
void write_time(ByteWriter& out, std::int64_t time_ns) { out.fixed(static_cast<std::uint64_t>(time_ns)); }

void write_resource(ByteWriter& out, const Resource& resource) {
  out.text(resource.service_name);
  out.text(resource.service_version);
  out.text(resource.host_name);
  out.signed_varint(resource.process_id);
  out.fixed(resource.producer_id);
  write_object(out, resource.metadata, 0);
}

void write_trace(ByteWriter& out, const TraceView& trace) {
  out.byte(trace.is_end ? 1 : 0);
  write_id(out, trace.trace_id);
  write_id(out, trace.root_span_id);
  write_time(out, trace.start_ns);
  write_time(out, trace.end_ns);
  out.byte(static_cast<std::uint8_t>(trace.status));
  out.text(trace.name);
  out.text(trace.graph_hash);
  write_attributes(out, trace.attributes);
}

void write_span(ByteWriter& out, const SpanView& span) {
  write_id(out, span.trace_id);
  write_id(out, span.span_id);
  write_id(out, span.parent_span_id);
  write_time(out, span.start_ns);
  write_time(out, span.end_ns);
  out.byte(static_cast<std::uint8_t>(span.kind));
  out.byte(static_cast<std::uint8_t>(span.status));
  out.byte(span.is_local_root ? 1 : 0);
  out.text(span.name);
  out.text(span.status_message);
  out.text(span.error_type);
  write_attributes(out, span.attributes);
  out.varint(span.events.size());
  for (const SpanEventView& event : span.events) {
    write_id(out, event.event_id);
    write_time(out, event.time_ns);
    out.text(event.name);
    write_attributes(out, event.attributes);
  }
}

void write_event(ByteWriter& out, const EventView& event) {
  write_id(out, event.event_id);
  write_id(out, event.trace_id);
  write_id(out, event.span_id);
  write_time(out, event.time_ns);
  out.byte(static_cast<std::uint8_t>(event.source));
  out.text(event.type);
  out.text(event.name);
  write_attributes(out, event.attributes);
}

void write_buckets(ByteWriter& out, const Distribution::Buckets& buckets) {
  out.signed_varint(buckets.offset);
  out.varint(buckets.counts.size());
  for (const std::uint64_t count : buckets.counts) out.varint(count);
}

void write_metric(ByteWriter& out, const MetricView& metric) {
  write_id(out, metric.metric_id);
  write_id(out, metric.trace_id);
  write_id(out, metric.span_id);
  write_time(out, metric.time_ns);
  out.number(metric.value);
  out.byte(static_cast<std::uint8_t>(metric.aggregation_type));
  out.byte(metric.is_self_metric ? 1 : 0);
  out.text(metric.name);
  out.text(metric.unit);
  write_attributes(out, metric.attributes);
  out.byte(metric.distribution != nullptr ? 1 : 0);
  if (metric.distribution == nullptr) return;
  const Distribution& distribution = *metric.distribution;
  out.varint(distribution.count);
  out.number(distribution.sum);
  out.signed_varint(distribution.scale);
  out.varint(distribution.zero_count);
  write_buckets(out, distribution.positive);
  write_buckets(out, distribution.negative);
}

void write_graph(ByteWriter& out, const GraphDefinition& graph) {
  out.text(graph.hash);
  out.text(graph.graph_id);
  out.text(graph.version);
  write_object(out, graph.content, 0);
}

template <class Items, class Write>
void write_all(ByteWriter& out, const Items& items, Write&& write) {
  out.varint(items.size());
  for (const auto& item : items) write(out, item);
}

}  // namespace

std::uint64_t checksum(std::string_view bytes) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char byte : bytes) hash = (hash ^ static_cast<std::uint8_t>(byte)) * 0x100000001B3ULL;
  return hash;
}

std::string encode_batch(const Batch& batch) {
  ByteWriter out;
  out.raw(batch_magic);
  out.byte(batch_version);
  write_resource(out, batch.resource());
  write_all(out, batch.traces(), write_trace);
  write_all(out, batch.spans(), write_span);
  write_all(out, batch.events(), write_event);
  write_all(out, batch.metrics(), write_metric);
  write_all(out, batch.graphs(), write_graph);
  out.fixed(checksum(out.bytes()));
  return std::move(out).bytes();
}

}  // namespace spark::detail::reliable
