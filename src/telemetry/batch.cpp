#include "spark/telemetry/batch.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "spark/base/json.h"

namespace spark {

// Memory that only grows, until the batch goes. Chunks begin small, because most batches of an idle program
// are.
struct Batch::Arena {
  static constexpr std::size_t first_chunk_bytes = 4 << 10;
  static constexpr std::size_t chunk_bytes = 64 << 10;

  std::vector<std::unique_ptr<std::byte[]>> chunks;
  std::byte* next = nullptr;
  std::byte* end = nullptr;
  std::size_t next_chunk_bytes = first_chunk_bytes;
  std::size_t held_bytes = 0;
  std::vector<std::unique_ptr<const Value>> values;
  std::vector<std::unique_ptr<const Distribution>> distributions;

  void* allocate(std::size_t size, std::size_t alignment) {
    void* place = next;
    std::size_t room = static_cast<std::size_t>(end - next);
    if (next == nullptr || std::align(alignment, size, place, room) == nullptr) {
      // What is large gets a chunk of its own, so that the rest of the current one is not lost.
      if (size > chunk_bytes / 4) return add_chunk(size);
      const std::size_t chunk = std::max(next_chunk_bytes, size);
      next = add_chunk(chunk);
      end = next + chunk;
      next_chunk_bytes = std::min(2 * next_chunk_bytes, chunk_bytes);
      place = next;
    }
    next = static_cast<std::byte*>(place) + size;
    return place;
  }

  template <class T>
  std::span<T> allocate_array(std::size_t count) {
    // The views are implicit-lifetime types: storage is all they need before they are assigned to.
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    if (count == 0) return {};
    return {static_cast<T*>(allocate(count * sizeof(T), alignof(T))), count};
  }

 private:
  std::byte* add_chunk(std::size_t size) {
    chunks.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
    held_bytes += size;
    return chunks.back().get();
  }
};

namespace {

std::int64_t to_ns(Timestamp time) noexcept { return time.time_since_epoch().count(); }
Timestamp from_ns(std::int64_t ns) noexcept { return Timestamp{std::chrono::nanoseconds{ns}}; }

template <class T>
std::size_t bytes_of(const std::vector<T>& list) noexcept {
  return list.capacity() * sizeof(T);
}

std::size_t size_of(const Object& object) noexcept {
  std::size_t size = 0;
  for (const auto& member : object) size += member.key.size() + estimated_size_bytes(member.value);
  return size;
}

}  // namespace

ValueView::ValueView(const Value& value) noexcept : type_(value.type()), integer_(0) {
  switch (type_) {
    case ValueType::null:
      break;
    case ValueType::boolean:
      boolean_ = value.as_bool();
      break;
    case ValueType::integer:
      integer_ = value.as_int();
      break;
    case ValueType::number:
      number_ = value.as_double();
      break;
    case ValueType::string:
      text_ = value.as_string();
      break;
    case ValueType::bytes:
    case ValueType::array:
    case ValueType::object:
      nested_ = &value;
      break;
  }
}

Value ValueView::to_value() const {
  switch (type_) {
    case ValueType::null:
      break;
    case ValueType::boolean:
      return boolean_;
    case ValueType::integer:
      return integer_;
    case ValueType::number:
      return number_;
    case ValueType::string:
      return text_;
    case ValueType::bytes:
    case ValueType::array:
    case ValueType::object:
      return *nested_;
  }
  return {};
}

Batch::Batch() = default;
Batch::~Batch() = default;

std::array<std::uint64_t, record_kinds> Batch::counts() const noexcept {
  std::array<std::uint64_t, record_kinds> counts{};
  const auto of = [&counts](RecordKind kind) -> std::uint64_t& { return counts[static_cast<std::size_t>(kind)]; };
  for (const TraceView& trace : traces_) ++of(trace.is_end ? RecordKind::trace_end : RecordKind::trace_start);
  for (const MetricView& metric : metrics_) ++of(metric.is_self_metric ? RecordKind::self_metric : RecordKind::metric);
  of(RecordKind::span) = spans_.size();
  of(RecordKind::event) = events_.size();
  of(RecordKind::graph) = graphs_.size();
  return counts;
}

std::size_t Batch::size() const noexcept {
  return traces_.size() + spans_.size() + events_.size() + metrics_.size() + graphs_.size();
}

std::size_t Batch::size_bytes() const noexcept {
  return sizeof(Batch) + sizeof(Arena) + arena_->held_bytes + bytes_of(arena_->chunks) + bytes_of(arena_->values) +
         bytes_of(arena_->distributions) + bytes_of(traces_) + bytes_of(spans_) + bytes_of(events_) +
         bytes_of(metrics_) + bytes_of(graphs_);
}

BatchBuilder::BatchBuilder(std::shared_ptr<const Resource> resource) : batch_(new Batch) {
  batch_->arena_ = std::make_unique<Batch::Arena>();
  batch_->resource_ = std::move(resource);
}

BatchBuilder::~BatchBuilder() = default;
BatchBuilder::BatchBuilder(BatchBuilder&&) noexcept = default;
BatchBuilder& BatchBuilder::operator=(BatchBuilder&&) noexcept = default;

std::string_view BatchBuilder::copy(std::string_view text) {
  if (text.empty()) return {};
  auto* const place = static_cast<char*>(batch_->arena_->allocate(text.size(), 1));
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

std::span<AttributeView> BatchBuilder::attributes(std::size_t count) {
  return batch_->arena_->allocate_array<AttributeView>(count);
}

std::span<SpanEventView> BatchBuilder::span_events(std::size_t count) {
  return batch_->arena_->allocate_array<SpanEventView>(count);
}

const Value& BatchBuilder::keep(std::unique_ptr<const Value> value) {
  Batch::Arena& arena = *batch_->arena_;
  arena.held_bytes += estimated_size_bytes(*value);
  return *arena.values.emplace_back(std::move(value));
}

const Distribution& BatchBuilder::keep(std::unique_ptr<const Distribution> distribution) {
  Batch::Arena& arena = *batch_->arena_;
  arena.held_bytes +=
      sizeof(Distribution) + bytes_of(distribution->positive.counts) + bytes_of(distribution->negative.counts);
  return *arena.distributions.emplace_back(std::move(distribution));
}

void BatchBuilder::add(const TraceView& trace) { batch_->traces_.push_back(trace); }
void BatchBuilder::add(const SpanView& span) { batch_->spans_.push_back(span); }
void BatchBuilder::add(const EventView& event) { batch_->events_.push_back(event); }
void BatchBuilder::add(const MetricView& metric) { batch_->metrics_.push_back(metric); }

void BatchBuilder::add(GraphDefinition graph) {
  batch_->arena_->held_bytes +=
      graph.hash.size() + graph.graph_id.size() + graph.version.size() + size_of(graph.content);
  batch_->graphs_.push_back(std::move(graph));
}

AttributesView BatchBuilder::copy(const Object& object) {
  const auto views = attributes(object.size());
  auto place = views.begin();
  for (const Object::Member& member : object) {
    const auto key = copy(member.key);
    switch (member.value.type()) {
      case ValueType::string:
        *place++ = {key, ValueView(copy(member.value.as_string()))};
        break;
      case ValueType::bytes:
      case ValueType::array:
      case ValueType::object:
        *place++ = {key, ValueView(keep(std::make_unique<const Value>(member.value)))};
        break;
      default:
        *place++ = {key, ValueView(member.value)};
    }
  }
  return views;
}

void BatchBuilder::add(const Trace& trace) {
  TraceView view;
  view.is_end = trace.end_time.has_value();
  view.trace_id = trace.trace_id;
  view.root_span_id = trace.root_span_id;
  view.start_ns = to_ns(trace.start_time);
  view.end_ns = trace.end_time ? to_ns(*trace.end_time) : 0;
  view.status = trace.status;
  view.name = copy(trace.name);
  view.graph_hash = copy(trace.graph_hash);
  view.attributes = copy(trace.attributes);
  add(view);
}

void BatchBuilder::add(const Span& span, std::span<const Event> events) {
  SpanView view;
  view.trace_id = span.trace_id;
  view.span_id = span.span_id;
  view.parent_span_id = span.parent_span_id;
  view.start_ns = to_ns(span.start_time);
  view.end_ns = to_ns(span.end_time);
  view.kind = span.kind;
  view.status = span.status;
  view.name = copy(span.name);
  view.status_message = copy(span.status_message);
  view.error_type = copy(span.error_type);
  view.attributes = copy(span.attributes);
  const auto event_views = span_events(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Event& event = events[i];
    event_views[i] = {event.event_id, to_ns(event.timestamp), copy(event.name), copy(event.attributes)};
  }
  view.events = event_views;
  add(view);
}

void BatchBuilder::add(const Event& event) {
  EventView view;
  view.event_id = event.event_id;
  view.trace_id = event.trace_id;
  view.span_id = event.span_id;
  view.time_ns = to_ns(event.timestamp);
  view.type = copy(event.type);
  view.name = copy(event.name);
  view.attributes = copy(event.attributes);
  view.source = event.source;
  add(view);
}

void BatchBuilder::add(const Metric& metric) {
  MetricView view;
  view.metric_id = metric.metric_id;
  view.trace_id = metric.trace_id;
  view.span_id = metric.span_id;
  view.time_ns = to_ns(metric.timestamp);
  view.value = metric.value;
  view.aggregation_type = metric.aggregation_type;
  view.name = copy(metric.name);
  view.unit = copy(metric.unit);
  view.attributes = copy(metric.attributes);
  if (metric.distribution) view.distribution = &keep(std::make_unique<const Distribution>(*metric.distribution));
  add(view);
}

std::size_t BatchBuilder::size() const noexcept { return batch_->size(); }
std::size_t BatchBuilder::size_bytes() const noexcept { return batch_->size_bytes(); }

std::shared_ptr<const Batch> BatchBuilder::build() {
  BatchBuilder next(batch_->resource_);
  std::swap(batch_, next.batch_);
  return {std::move(next.batch_)};
}

Object to_object(AttributesView attributes) {
  std::vector<Object::Member> members;
  members.reserve(attributes.size());
  for (const AttributeView& attribute : attributes) {
    members.emplace_back(std::string(attribute.key), attribute.value.to_value());
  }
  return Object(std::move(members));
}

Trace to_record(const TraceView& view) {
  Trace trace;
  trace.trace_id = view.trace_id;
  trace.name = view.name;
  trace.start_time = from_ns(view.start_ns);
  if (view.is_end) trace.end_time = from_ns(view.end_ns);
  trace.status = view.status;
  trace.attributes = to_object(view.attributes);
  trace.root_span_id = view.root_span_id;
  trace.graph_hash = view.graph_hash;
  return trace;
}

Span to_record(const SpanView& view) {
  Span span;
  span.span_id = view.span_id;
  span.trace_id = view.trace_id;
  span.parent_span_id = view.parent_span_id;
  span.name = view.name;
  span.kind = view.kind;
  span.start_time = from_ns(view.start_ns);
  span.end_time = from_ns(view.end_ns);
  span.status = view.status;
  span.status_message = view.status_message;
  span.error_type = view.error_type;
  span.attributes = to_object(view.attributes);
  return span;
}

Event to_record(const SpanView& span, const SpanEventView& view) {
  Event event;
  event.event_id = view.event_id;
  event.trace_id = span.trace_id;
  event.span_id = span.span_id;
  event.name = view.name;
  event.timestamp = from_ns(view.time_ns);
  event.source = EventSource::span;
  event.attributes = to_object(view.attributes);
  return event;
}

Event to_record(const EventView& view) {
  Event event;
  event.event_id = view.event_id;
  event.trace_id = view.trace_id;
  event.span_id = view.span_id;
  event.type = view.type;
  event.name = view.name;
  event.timestamp = from_ns(view.time_ns);
  event.attributes = to_object(view.attributes);
  event.source = view.source;
  return event;
}

Metric to_record(const MetricView& view) {
  Metric metric;
  metric.metric_id = view.metric_id;
  metric.trace_id = view.trace_id;
  metric.span_id = view.span_id;
  metric.name = view.name;
  metric.value = view.value;
  metric.unit = view.unit;
  metric.aggregation_type = view.aggregation_type;
  metric.timestamp = from_ns(view.time_ns);
  metric.attributes = to_object(view.attributes);
  if (view.distribution != nullptr) metric.distribution = *view.distribution;
  return metric;
}

std::vector<const TraceView*> reduce_traces(const Batch& batch) {
  std::vector<const TraceView*> reduced;
  reduced.reserve(batch.traces().size());
  std::unordered_map<TraceId, std::size_t> places;
  places.reserve(batch.traces().size());
  for (const TraceView& trace : batch.traces()) {
    const auto [place, is_new] = places.try_emplace(trace.trace_id, reduced.size());
    if (is_new) {
      reduced.push_back(&trace);
    } else if (trace.is_end && !reduced[place->second]->is_end) {
      reduced[place->second] = &trace;
    }
  }
  return reduced;
}

namespace {

void append_json(std::string& out, const ValueView& value) {
  switch (value.type()) {
    case ValueType::null:
      out.append("null");
      return;
    case ValueType::boolean:
      out.append(value.boolean() ? "true" : "false");
      return;
    case ValueType::integer: {
      char text[24];
      out.append(text, std::to_chars(text, text + sizeof text, value.integer()).ptr);
      return;
    }
    case ValueType::number:
      append_json_double(out, value.number());
      return;
    case ValueType::string:
      append_json_string(out, value.text());
      return;
    case ValueType::bytes:
    case ValueType::array:
    case ValueType::object:
      append_json(out, value.nested());
      return;
  }
}

}  // namespace

void append_json(std::string& out, AttributesView attributes) {
  if (attributes.empty()) {
    out.append("{}");
    return;
  }
  // Records seldom have more attributes than this; they are sorted without touching the heap.
  constexpr std::size_t inline_attributes = 32;
  std::array<const AttributeView*, inline_attributes> few;
  std::vector<const AttributeView*> many;
  std::span<const AttributeView*> sorted(few.data(), std::min(attributes.size(), inline_attributes));
  if (attributes.size() > inline_attributes) {
    many.resize(attributes.size());
    sorted = many;
  }
  std::transform(attributes.begin(), attributes.end(), sorted.begin(), [](const AttributeView& view) { return &view; });
  std::sort(sorted.begin(), sorted.end(),
            [](const AttributeView* a, const AttributeView* b) { return a->key < b->key; });

  // The same rule as for objects: a lone key that looks like a tag is wrapped (json.h).
  const bool wrap = sorted.size() == 1 && sorted.front()->key.starts_with('$');
  if (wrap) out.append("{\"$object\":");
  char before = '{';
  for (const AttributeView* attribute : sorted) {
    out.push_back(before);
    before = ',';
    append_json_string(out, attribute->key);
    out.push_back(':');
    append_json(out, attribute->value);
  }
  out.append(wrap ? "}}" : "}");
}

}  // namespace spark
