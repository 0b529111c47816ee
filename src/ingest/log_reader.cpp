#include "ingest/log_reader.h"

#include <limits>
#include <string>
#include <utility>

#include "backends/otlp/mapping.h"

namespace spark::detail::ingest {
namespace {

namespace names = otlp::names;

// Event::type and name of a log record that names no event. Names are few: texts of logs are not.
constexpr std::string_view log_type = "log";

// A graph's content is not cut where it is recorded, and neither is it here: its hash would not be its own any more.
const Limits& graph_limits() {
  static const Limits limits = {.attributes_per_record = std::numeric_limits<std::uint32_t>::max(),
                                .key_bytes = std::numeric_limits<std::uint32_t>::max(),
                                .string_bytes = std::numeric_limits<std::uint32_t>::max(),
                                .depth = 60};
  return limits;
}

// The KeyValues of an AnyValue that is an object.
template <class Visitor>
void each_member(std::string_view any_value, const Visitor& visit) {
  Message message = message_of(any_value);
  while (message.next()) {
    if (message.tag_and_type() != octets(otlp::any_value::kvlist_value)) {
      message.skip();
      continue;
    }
    Message list = message_of(take(message));
    while (list.next()) {
      if (list.tag_and_type() == octets(otlp::any_value::values)) {
        visit(take(list));
      } else {
        list.skip();
      }
    }
  }
}

}  // namespace

void LogReader::read(std::string_view bytes) {
  fields_ = {};
  ours_ = {};
  attributes_.clear();
  read_fields(context_.values.begin(bytes));
  if (fields_.event_name == names::trace_record) return add_trace();
  if (fields_.event_name == names::graph_record) return add_graph();
  add_event(bytes);
}

void LogReader::read_fields(std::string_view bytes) {
  using namespace otlp::log_record;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case fixed64(otlp::log_record::time):
        fields_.time_ns = message.get_fixed64();
        break;
      case fixed64(observed_time):
        fields_.observed_ns = message.get_fixed64();
        break;
      case varint(severity_number):
        fields_.severity_number = message.get_uint64();
        break;
      case octets(severity_text):
        fields_.severity_text = take(message);
        break;
      case octets(body):
        fields_.body = take(message);
        break;
      case octets(otlp::log_record::attributes):
        read_attribute(take(message));
        break;
      case varint(dropped_attributes):
        fields_.dropped_attributes = message.get_uint32();
        break;
      case octets(trace_id):
        fields_.trace_id = take(message);
        break;
      case octets(span_id):
        fields_.span_id = take(message);
        break;
      case octets(event_name):
        fields_.event_name = take(message);
        break;
      default:
        message.skip();
    }
  }
}

void LogReader::read_attribute(std::string_view key_value) {
  ValueReader& values = context_.values;
  const RawAttribute attribute = values.raw(key_value);
  const std::string_view key = attribute.key;
  if (!names::is_ours(key)) return values.put(attributes_, attribute);
  const auto text = [&] { return text_of(values.scalar(attribute.value)); };
  if (key == names::event_id) {
    ours_.event_id = record_id_of(values.scalar(attribute.value));
  } else if (key == names::event_type) {
    ours_.event_type = text();
  } else if (key == names::event_source) {
    ours_.event_source = text();
  } else if (key == names::trace_name) {
    ours_.trace_name = text();
  } else if (key == names::trace_start) {
    const ValueView value = values.scalar(attribute.value);
    if (value.type() == ValueType::integer) ours_.trace_start_ns = value.integer();
  } else if (key == names::status) {
    ours_.status = text();
  } else if (key == names::graph_hash) {
    ours_.graph_hash = text();
  } else if (key == names::graph_id) {
    ours_.graph_id = text();
  } else if (key == names::graph_version) {
    ours_.graph_version = text();
  } else {
    values.put(attributes_, ReadingContext::own_name(key), attribute.value);
  }
}

std::int64_t LogReader::time_ns() const noexcept {
  const std::uint64_t time = fields_.time_ns != 0 ? fields_.time_ns : fields_.observed_ns;
  return time != 0 && is_storable_time(time) ? static_cast<std::int64_t>(time) : context_.received_ns;
}

void LogReader::add_event(std::string_view bytes) {
  ValueReader& values = context_.values;
  const bool is_ours = context_.scope->is_ours || ours_.event_id.is_valid();
  if (!ours_.event_id.is_valid()) {
    ContentHash content = context_.scope->hash;
    content.add(bytes);
    ours_.event_id = context_.ids.next(content);
  }
  EventView event{.event_id = ours_.event_id,
                  .trace_id = trace_id_of(fields_.trace_id),
                  .span_id = span_id_of(fields_.span_id),
                  .time_ns = time_ns(),
                  .type = ours_.event_type,
                  .name = values.text(fields_.event_name)};
  if (!event.trace_id.is_valid()) event.span_id = {};
  if (ours_.event_source == to_string(EventSource::span)) event.source = EventSource::span;
  if (!is_ours) {
    if (event.name.empty()) event.name = log_type;
    if (event.type.empty()) event.type = event.name;
  }
  context_.add_scope(attributes_);
  if (!fields_.body.empty() && !is_ours) {
    // By way of a list, which cuts a long text as it does an attribute's.
    values.put(attributes_, names::otel_log_body, fields_.body);
  }
  context_.add_count(attributes_, names::otel_log_severity_number, fields_.severity_number);
  if (!fields_.severity_text.empty()) {
    values.add(attributes_, names::otel_log_severity_text, ValueView(values.text(fields_.severity_text)));
  }
  context_.add_count(attributes_, names::otel_dropped_attributes, fields_.dropped_attributes);
  event.attributes = attributes_.finish(values.builder());
  values.builder().add(event);
}

void LogReader::add_trace() {
  ValueReader& values = context_.values;
  const TraceId trace_id = trace_id_of(fields_.trace_id);
  const std::uint64_t end_ns = fields_.time_ns;
  if (!trace_id.is_valid()) return context_.refusals.add("is a trace without a trace_id");
  if (ours_.trace_start_ns < 0) return context_.refusals.add("is a trace without a start");
  if (!is_storable_time(end_ns) || static_cast<std::int64_t>(end_ns) < ours_.trace_start_ns) {
    return context_.refusals.add("is a trace that ends before it starts");
  }
  TraceView trace{.is_end = true,
                  .trace_id = trace_id,
                  .root_span_id = span_id_of(fields_.span_id),
                  .start_ns = ours_.trace_start_ns,
                  .end_ns = static_cast<std::int64_t>(end_ns),
                  .status = TraceStatus::completed,
                  .name = ours_.trace_name,
                  .graph_hash = ours_.graph_hash};
  for (const TraceStatus status : {TraceStatus::started, TraceStatus::failed, TraceStatus::cancelled}) {
    if (ours_.status == to_string(status)) trace.status = status;
  }
  each_member(fields_.body, [&](std::string_view key_value) {
    const RawAttribute attribute = values.raw(key_value);
    values.put(attributes_, ReadingContext::own_name(attribute.key), attribute.value);
  });
  trace.attributes = attributes_.finish(values.builder());
  values.builder().add(trace);
}

void LogReader::add_graph() {
  if (ours_.graph_hash.empty()) return context_.refusals.add("is a graph without a hash");
  Value content = context_.values.value(fields_.body, graph_limits());
  GraphDefinition graph{.hash = std::string(ours_.graph_hash),
                        .graph_id = std::string(ours_.graph_id),
                        .version = std::string(ours_.graph_version)};
  if (content.is_object()) graph.content = std::move(content.as_object());
  context_.values.builder().add(std::move(graph));
}

}  // namespace spark::detail::ingest
