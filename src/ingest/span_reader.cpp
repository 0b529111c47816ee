#include "ingest/span_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "backends/otlp/mapping.h"
#include "ingest/genai_names.h"

namespace spark::detail::ingest {
namespace {

namespace names = otlp::names;

SpanKind kind_of(std::uint64_t kind) noexcept {
  switch (static_cast<otlp::WireKind>(kind)) {
    case otlp::WireKind::server:
      return SpanKind::SERVER;
    case otlp::WireKind::client:
      return SpanKind::CLIENT;
    case otlp::WireKind::producer:
      return SpanKind::PRODUCER;
    case otlp::WireKind::consumer:
      return SpanKind::CONSUMER;
    case otlp::WireKind::internal:
      break;
  }
  return SpanKind::INTERNAL;  // unspecified as well (trace.proto, "SpanKind")
}

bool is_error(std::uint64_t code) noexcept { return code == static_cast<std::uint64_t>(otlp::StatusCode::error); }

TraceStatus trace_status_of(std::string_view said, std::uint64_t code) noexcept {
  for (const TraceStatus status :
       {TraceStatus::started, TraceStatus::completed, TraceStatus::failed, TraceStatus::cancelled}) {
    if (said == to_string(status)) return status;
  }
  return is_error(code) ? TraceStatus::failed : TraceStatus::completed;
}

// What is wrong with an id that has to be there; empty if nothing is.
std::string complaint(std::string_view field, std::string_view octets, std::size_t size) {
  if (octets.empty()) return "has no " + std::string(field);
  if (octets.size() != size) {
    return "has a " + std::string(field) + " of " + std::to_string(octets.size()) + " bytes instead of " +
           std::to_string(size);
  }
  if (octets.find_first_not_of('\0') == std::string_view::npos) {
    return "has a " + std::string(field) + " of all zeros";
  }
  return {};
}

}  // namespace

void SpanReader::Fields::clear() noexcept {
  auto events_memory = std::move(events);
  auto links_memory = std::move(links);
  events_memory.clear();
  links_memory.clear();
  *this = Fields{};
  events = std::move(events_memory);
  links = std::move(links_memory);
}

void SpanReader::read(std::string_view bytes) {
  fields_.clear();
  ours_ = {};
  attributes_.clear();
  read_fields(context_.values.begin(bytes));
  if (is_refused()) return;
  const TraceId trace_id = trace_id_of(fields_.trace_id);
  const SpanId span_id = span_id_of(fields_.span_id);
  if (ours_.record == names::record_is_trace) {
    add_trace(trace_id, span_id);
  } else {
    add_span(trace_id, span_id);
  }
}

void SpanReader::read_fields(std::string_view bytes) {
  using namespace otlp::span;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(trace_id):
        fields_.trace_id = take(message);
        break;
      case octets(span_id):
        fields_.span_id = take(message);
        break;
      case octets(trace_state):
        fields_.trace_state = take(message);
        break;
      case octets(parent_span_id):
        fields_.parent_span_id = take(message);
        break;
      case octets(name):
        fields_.name = take(message);
        break;
      case varint(kind):
        fields_.kind = message.get_uint64();
        break;
      case fixed64(start_time):
        fields_.start_ns = message.get_fixed64();
        break;
      case fixed64(end_time):
        fields_.end_ns = message.get_fixed64();
        break;
      case octets(otlp::span::attributes):
        read_attribute(take(message));
        break;
      case varint(dropped_attributes):
        fields_.dropped_attributes = message.get_uint32();
        break;
      case octets(otlp::span::events):
        fields_.events.push_back(take(message));
        break;
      case varint(dropped_events):
        fields_.dropped_events = message.get_uint32();
        break;
      case octets(links):
        fields_.links.push_back(take(message));
        break;
      case varint(dropped_links):
        fields_.dropped_links = message.get_uint32();
        break;
      case octets(otlp::span::status):
        fields_.status = take(message);
        break;
      case fixed32(flags):
        fields_.flags = message.get_fixed32();
        break;
      default:
        message.skip();
    }
  }
}

void SpanReader::read_attribute(std::string_view key_value) {
  ValueReader& values = context_.values;
  const RawAttribute attribute = values.raw(key_value);
  const std::string_view key = attribute.key;
  if (key == names::error_type) [[unlikely]] {
    ours_.error_type = text_of(values.scalar(attribute.value));
    if (ours_.error_type.empty()) values.put(attributes_, attribute);
    return;
  }
  if (!names::is_ours(key)) {
    ours_.may_be_genai |= is_genai(key);
    return values.put(attributes_, attribute);
  }
  const auto text = [&] { return text_of(values.scalar(attribute.value)); };
  if (key == names::status) {
    ours_.status = text();
  } else if (key == names::record) {
    ours_.record = text();
  } else if (key == names::graph_hash) {
    ours_.graph_hash = text();
  } else if (key == names::local_root) {
    const ValueView value = values.scalar(attribute.value);
    ours_.is_local_root = value.type() == ValueType::boolean && value.boolean();
  } else {
    values.put(attributes_, ReadingContext::own_name(key), attribute.value);
  }
}

bool SpanReader::is_refused() {
  std::string why = complaint("trace_id", fields_.trace_id, 16);
  if (why.empty()) why = complaint("span_id", fields_.span_id, 8);
  const std::size_t parent_size = fields_.parent_span_id.size();
  if (why.empty() && parent_size != 0 && parent_size != 8) {
    why = complaint("parent_span_id", fields_.parent_span_id, 8);
  }
  if (why.empty() && !(is_storable_time(fields_.start_ns) && is_storable_time(fields_.end_ns))) {
    why = "has a time beyond the year 2262";
  }
  if (why.empty() && fields_.end_ns < fields_.start_ns) why = "ends before it starts";
  if (why.empty()) return false;
  context_.refusals.add(why);
  return true;
}

SpanReader::Status SpanReader::status() const {
  Status status;
  Message message = message_of(fields_.status);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(otlp::span_status::message):
        status.message = take(message);
        break;
      case varint(otlp::span_status::code):
        status.code = message.get_uint64();
        break;
      default:
        message.skip();
    }
  }
  return status;
}

void SpanReader::add_trace(TraceId trace_id, SpanId span_id) {
  ValueReader& values = context_.values;
  if (!ours_.error_type.empty()) values.add(attributes_, names::error_type, ValueView(ours_.error_type));
  values.builder().add(TraceView{.is_end = true,
                                 .trace_id = trace_id,
                                 .root_span_id = span_id,
                                 .start_ns = static_cast<std::int64_t>(fields_.start_ns),
                                 .end_ns = static_cast<std::int64_t>(fields_.end_ns),
                                 .status = trace_status_of(ours_.status, status().code),
                                 .name = values.text(fields_.name),
                                 .graph_hash = ours_.graph_hash,
                                 .attributes = attributes_.finish(values.builder())});
}

void SpanReader::add_span(TraceId trace_id, SpanId span_id) {
  ValueReader& values = context_.values;
  const Status status = this->status();
  SpanStatus result = is_error(status.code) ? SpanStatus::failed : SpanStatus::completed;
  if (ours_.status == to_string(SpanStatus::cancelled)) result = SpanStatus::cancelled;
  const SpanId parent = span_id_of(fields_.parent_span_id);
  const bool is_from_elsewhere =
      (fields_.flags & otlp::flag_has_is_remote) != 0 && (fields_.flags & otlp::flag_is_remote) != 0;
  add_what_has_no_field(status);
  // What was recorded by this library comes back as it was.
  if (ours_.may_be_genai && !context_.scope->is_ours) {
    normalize_genai(attributes_, values.limits().attributes_per_record);
  }
  values.builder().add(SpanView{.trace_id = trace_id,
                                .span_id = span_id,
                                .parent_span_id = parent,
                                .start_ns = static_cast<std::int64_t>(fields_.start_ns),
                                .end_ns = static_cast<std::int64_t>(fields_.end_ns),
                                .kind = kind_of(fields_.kind),
                                .status = result,
                                .is_local_root = ours_.is_local_root || !parent.is_valid() || is_from_elsewhere,
                                .name = values.text(fields_.name),
                                .status_message = values.text(status.message),
                                .error_type = ours_.error_type,
                                .attributes = attributes_.finish(values.builder()),
                                .events = events(trace_id, span_id)});
}

void SpanReader::add_what_has_no_field(const Status& status) {
  ValueReader& values = context_.values;
  context_.add_scope(attributes_);
  if (!ours_.graph_hash.empty()) values.add(attributes_, names::graph_hash, ValueView(ours_.graph_hash));
  if (status.code == static_cast<std::uint64_t>(otlp::StatusCode::ok)) {
    values.add(attributes_, names::otel_status_code, ValueView(std::string_view("OK")));
  }
  if (!fields_.trace_state.empty()) {
    values.add(attributes_, names::otel_trace_state, ValueView(values.text(fields_.trace_state)));
  }
  context_.add_count(attributes_, names::otel_dropped_attributes, fields_.dropped_attributes);
  context_.add_count(attributes_, names::otel_dropped_events, fields_.dropped_events);
  context_.add_count(attributes_, names::otel_dropped_links, fields_.dropped_links);
  if (fields_.links.empty()) return;
  Array links;
  for (const std::string_view bytes : fields_.links) {
    if (links.size() == values.limits().attributes_per_record) {
      values.cuts().attributes_dropped += fields_.links.size() - links.size();
      break;
    }
    links.push_back(link(bytes));
  }
  values.add(attributes_, names::otel_links, Value(std::move(links)));
}

Value SpanReader::link(std::string_view bytes) {
  using namespace otlp::span_link;
  ValueReader& values = context_.values;
  AttributeList list;
  Object link;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(trace_id):
        link.set("trace_id", trace_id_of(take(message)).to_hex());
        break;
      case octets(span_id):
        link.set("span_id", span_id_of(take(message)).to_string());
        break;
      case octets(trace_state): {
        const std::string_view state = values.copied_text(take(message));
        if (!state.empty()) link.set("trace_state", Value(state));
        break;
      }
      case octets(otlp::span_link::attributes):
        values.put(list, values.raw(take(message)));
        break;
      default:
        message.skip();
    }
  }
  if (!list.empty()) link.set("attributes", Value(to_object(list.finish(values.builder()))));
  return Value(std::move(link));
}

std::span<const SpanEventView> SpanReader::events(TraceId trace_id, SpanId span_id) {
  if (fields_.events.empty()) return {};
  const std::size_t most = context_.values.limits().events_per_span;
  if (fields_.events.size() > most) {
    context_.values.cuts().span_events_dropped += fields_.events.size() - most;
    fields_.events.resize(most);
  }
  const std::span<SpanEventView> views = context_.values.builder().span_events(fields_.events.size());
  for (std::size_t i = 0; i < views.size(); ++i) {
    ContentHash content;
    content.add(trace_id.high);
    content.add(trace_id.low);
    content.add(span_id.value);
    content.add(i);
    views[i] = event(fields_.events[i], content);
  }
  return views;
}

SpanEventView SpanReader::event(std::string_view bytes, ContentHash content) {
  using namespace otlp::span_event;
  ValueReader& values = context_.values;
  event_attributes_.clear();
  SpanEventView event;
  std::uint64_t dropped = 0, time_ns = 0;
  Message message = message_of(bytes);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case fixed64(otlp::span_event::time):
        time_ns = message.get_fixed64();
        break;
      case octets(name):
        event.name = values.text(take(message));
        break;
      case octets(otlp::span_event::attributes): {
        const RawAttribute attribute = values.raw(take(message));
        if (attribute.key == names::event_id) {
          event.event_id = record_id_of(values.scalar(attribute.value));
        } else {
          values.put(event_attributes_, ReadingContext::own_name(attribute.key), attribute.value);
        }
        break;
      }
      case varint(dropped_attributes):
        dropped = message.get_uint32();
        break;
      default:
        message.skip();
    }
  }
  event.time_ns = static_cast<std::int64_t>(is_storable_time(time_ns) ? time_ns : fields_.start_ns);
  if (!event.event_id.is_valid()) {
    content.add(bytes);
    event.event_id = content.id();
  }
  context_.add_count(event_attributes_, names::otel_dropped_attributes, dropped);
  event.attributes = event_attributes_.finish(values.builder());
  return event;
}

}  // namespace spark::detail::ingest
