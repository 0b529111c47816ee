#include "decoder.h"

#include <algorithm>
#include <new>
#include <utility>

#include "cleaning.h"
#include "record_writer.h"
#include "spark/base/utf8.h"

namespace spark::detail {
namespace {

// One of 64 bits, equal for equal keys.
std::uint64_t key_bit(std::string_view key) noexcept {
  if (key.empty()) return 1;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
  return 1ULL << ((key.size() * 11 + at(0) * 5u + at(key.size() / 2) * 3u + at(key.size() - 1)) & 63);
}

}  // namespace

void Decoder::Parts::clear() noexcept {
  name = status_message = error_type = event_type = unit = graph_hash = {};
  key_bits = event_key_bits = 0;
  has_cut = false;
  attributes.clear();
  events.clear();
  event_attributes.clear();
}

Decoder::Decoder(const TelemetryConfig& config, std::shared_ptr<const Resource> resource, const TickClock& clock)
    : config_(config), clock_(clock), resource_(std::move(resource)), interner_(texts_repaired_), builder_(resource_) {}

Decoder::Outcome Decoder::decode(const std::byte* record, std::size_t size_bytes,
                                 std::unique_ptr<const Distribution> distribution) noexcept {
  distribution_ = std::move(distribution);
  try {
    add(record, size_bytes);
    return Outcome::admitted;
  } catch (const std::bad_alloc&) {
    return Outcome::out_of_memory;
  } catch (...) {
    return Outcome::redactor_threw;
  }
}

void Decoder::add(const std::byte* record, std::size_t size_bytes) {
  const auto& head = *reinterpret_cast<const RecordHead*>(record);
  if (head.kind == RecordKind::graph) return add_graph(*reinterpret_cast<const GraphHead*>(record));
  read_parts(record, size_bytes, head_size(head.kind));
  switch (head.kind) {
    case RecordKind::trace_start:
    case RecordKind::trace_end:
      return add_trace(*reinterpret_cast<const TraceHead*>(record));
    case RecordKind::span:
      return add_span(*reinterpret_cast<const SpanHead*>(record));
    case RecordKind::event: {
      const auto& event = *reinterpret_cast<const EventHead*>(record);
      builder_.add(EventView{.event_id = next_record_id(),
                             .trace_id = event.trace_id,
                             .span_id = event.span_id,
                             .time_ns = clock_.to_epoch_ns(event.ticks),
                             .type = parts_.event_type,
                             .name = parts_.name,
                             .attributes = attributes_from(parts_.attributes, 0, parts_.attributes.size())});
      return;
    }
    case RecordKind::metric:
    case RecordKind::self_metric: {
      const auto& metric = *reinterpret_cast<const MetricHead*>(record);
      const Distribution* const distribution =
          distribution_ != nullptr ? &builder_.keep(std::move(distribution_)) : nullptr;
      builder_.add(MetricView{.metric_id = next_record_id(),
                              .trace_id = metric.trace_id,
                              .span_id = metric.span_id,
                              .time_ns = clock_.to_epoch_ns(metric.ticks),
                              .value = metric.value,
                              .aggregation_type = metric.aggregation_type,
                              .is_self_metric = head.kind == RecordKind::self_metric,
                              .name = parts_.name,
                              .unit = parts_.unit,
                              .attributes = attributes_from(parts_.attributes, 0, parts_.attributes.size()),
                              .distribution = distribution});
      return;
    }
    case RecordKind::graph:
      return;
  }
}

void Decoder::add_graph(const GraphHead& head) {
  const std::unique_ptr<GraphDefinition> definition(head.definition);
  if (config_.redactor != nullptr) {
    redact_text(*config_.redactor, "graph_id", definition->graph_id);
    redact_text(*config_.redactor, "version", definition->version);
  }
  std::uint64_t repaired = repair(definition->hash) + repair(definition->graph_id) + repair(definition->version);
  Value content(std::move(definition->content));
  if (config_.redactor != nullptr) {
    Object redacted = content.as_object();
    for (const Object::Member& member : content.as_object())
      detail::redact(*config_.redactor, member.key, redacted[member.key]);
    content = std::move(redacted);
  }
  repaired += repair(content);
  definition->content = std::move(content.as_object());
  texts_repaired_.fetch_add(repaired, std::memory_order_relaxed);
  builder_.add(std::move(*definition));
}

void Decoder::add_trace(const TraceHead& head) {
  add_metadata();
  builder_.add(TraceView{.is_end = head.head.kind == RecordKind::trace_end,
                         .trace_id = head.trace_id,
                         .root_span_id = head.root_span_id,
                         .start_ns = head.start_ns,
                         .end_ns = head.end_ns,
                         .status = head.status,
                         .name = parts_.name,
                         .graph_hash = parts_.graph_hash,
                         .attributes = attributes_from(parts_.attributes, 0, parts_.attributes.size())});
}

void Decoder::add_span(const SpanHead& head) {
  const std::span<SpanEventView> events = builder_.span_events(parts_.events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Parts::SpanEvent& event = parts_.events[i];
    const bool is_last = i + 1 == events.size();
    const std::size_t end = is_last ? parts_.event_attributes.size() : parts_.events[i + 1].first_attribute;
    events[i] = {.event_id = next_record_id(),
                 .time_ns = clock_.to_epoch_ns(event.ticks),
                 .name = event.name,
                 .attributes = attributes_from(parts_.event_attributes, event.first_attribute, end)};
  }
  builder_.add(SpanView{.trace_id = head.trace_id,
                        .span_id = head.span_id,
                        .parent_span_id = head.parent_span_id,
                        .start_ns = clock_.to_epoch_ns(head.start_ticks),
                        .end_ns = clock_.to_epoch_ns(head.end_ticks),
                        .kind = head.kind,
                        .status = head.status,
                        .is_local_root = head.is_local_root,
                        .name = parts_.name,
                        .status_message = parts_.status_message,
                        .error_type = parts_.error_type,
                        .attributes = attributes_from(parts_.attributes, 0, parts_.attributes.size()),
                        .events = events});
}

void Decoder::read_parts(const std::byte* record, std::size_t size_bytes, std::size_t head_bytes) {
  parts_.clear();
  RecordReader reader(record, size_bytes, head_bytes);
  Entry entry{};
  try {
    while (reader.next(entry)) read_entry(entry);
    if (config_.redactor == nullptr) return;
    parts_.name = redacted_text("name", parts_.name);
    parts_.status_message = redacted_text("status_message", parts_.status_message);
    parts_.error_type = redacted_text("error_type", parts_.error_type);
    parts_.event_type = redacted_text("event_type", parts_.event_type);
    parts_.unit = redacted_text("unit", parts_.unit);
    for (Parts::SpanEvent& event : parts_.events) event.name = redacted_text("name", event.name);
    redact(parts_.attributes);
    redact(parts_.event_attributes);
  } catch (...) {
    // read_entry takes over a Value first thing, so only those of the entries behind it are still the record's.
    while (reader.next(entry)) {
      if (entry.payload == Payload::value) delete entry.value;
    }
    throw;
  }
}

void Decoder::read_entry(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::attribute:
    case EntryKind::event_attribute: {
      const bool is_span_s = entry.kind == EntryKind::attribute;
      auto& list = is_span_s ? parts_.attributes : parts_.event_attributes;
      const std::size_t first = is_span_s ? 0 : parts_.events.back().first_attribute;
      std::uint64_t& key_bits = is_span_s ? parts_.key_bits : parts_.event_key_bits;
      const ValueView value = value_of(entry);  // first: it takes over what the entry owns
      const std::string_view key = key_of(entry);
      const bool is_replaced = put(list, first, key_bits, key, value);
      if (entry.payload != Payload::cut && !(is_replaced && parts_.has_cut)) return;
      std::string original_key(key);
      original_key += ".original_bytes";
      if (entry.payload == Payload::cut) {
        parts_.has_cut = true;
        put(list, first, key_bits, builder_.copy(original_key),
            ValueView(static_cast<std::int64_t>(entry.original_bytes)));
      } else {
        // The value before was cut, this one was not.
        const auto has_key = [&](const AttributeView& attribute) { return attribute.key == original_key; };
        const auto from = list.begin() + static_cast<std::ptrdiff_t>(first);
        list.erase(std::remove_if(from, list.end(), has_key), list.end());
      }
      return;
    }
    case EntryKind::event:
      parts_.event_key_bits = 0;
      parts_.events.push_back(
          {key_of(entry), static_cast<std::uint64_t>(entry.integer), parts_.event_attributes.size()});
      return;
    case EntryKind::name:
      parts_.name = text_of(entry);
      return;
    case EntryKind::status_message:
      parts_.status_message = text_of(entry);
      return;
    case EntryKind::error_type:
      parts_.error_type = text_of(entry);
      return;
    case EntryKind::event_type:
      parts_.event_type = text_of(entry);
      return;
    case EntryKind::unit:
      parts_.unit = text_of(entry);
      return;
    case EntryKind::graph_hash:
      parts_.graph_hash = text_of(entry);
      return;
  }
}

bool Decoder::put(std::vector<AttributeView>& list, std::size_t first, std::uint64_t& key_bits, std::string_view key,
                  ValueView value) {
  // Most keys are new, and most of those have a bit of their own: then nothing needs to be compared.
  const std::uint64_t bit = key_bit(key);
  if ((key_bits & bit) == 0) {
    key_bits |= bit;
    list.push_back({key, value});
    return false;
  }
  for (std::size_t i = first; i < list.size(); ++i) {
    if (list[i].key == key) {
      list[i].value = value;
      return true;
    }
  }
  list.push_back({key, value});
  return false;
}

void Decoder::add_metadata() {
  for (const Object::Member& member : resource_->metadata) {
    const auto has_key = [&](const AttributeView& attribute) { return attribute.key == member.key; };
    if (std::any_of(parts_.attributes.begin(), parts_.attributes.end(), has_key)) continue;
    // Storable and redacted already; it lives as long as every batch.
    parts_.attributes.push_back({member.key, ValueView(member.value)});
  }
}

AttributesView Decoder::attributes_from(const std::vector<AttributeView>& list, std::size_t first, std::size_t last) {
  const std::span<AttributeView> result = builder_.attributes(last - first);
  std::copy(list.begin() + static_cast<std::ptrdiff_t>(first), list.begin() + static_cast<std::ptrdiff_t>(last),
            result.begin());
  return result;
}

std::string_view Decoder::key_of(const Entry& entry) {
  return entry.is_key_literal ? literal(entry.key) : storable_copy(entry.key);
}

std::string_view Decoder::text_of(const Entry& entry) {
  return entry.payload == Payload::literal ? literal(entry.text) : storable_copy(entry.text);
}

ValueView Decoder::value_of(const Entry& entry) {
  switch (entry.payload) {
    case Payload::null:
      return ValueView();
    case Payload::false_:
      return ValueView(false);
    case Payload::true_:
      return ValueView(true);
    case Payload::integer:
      return ValueView(entry.integer);
    case Payload::number:
      return ValueView(entry.number);
    case Payload::literal:
    case Payload::copied:
    case Payload::cut:
      return ValueView(text_of(entry));
    case Payload::value: {
      std::unique_ptr<Value> value(entry.value);
      texts_repaired_.fetch_add(repair(*value), std::memory_order_relaxed);
      return ValueView(builder_.keep(std::move(value)));
    }
  }
  return ValueView();
}

std::string_view Decoder::literal(std::string_view text) {
  if (text.empty()) return {};
  const std::string_view kept = interner_.intern(text);
  return kept.data() != nullptr ? kept : storable_copy(text);
}

std::string_view Decoder::storable_copy(std::string_view text) {
  if (text.empty()) return {};
  if (is_storable_utf8(text)) return builder_.copy(text);
  std::string repaired;
  append_storable_utf8(repaired, text);
  texts_repaired_.fetch_add(1, std::memory_order_relaxed);
  return builder_.copy(repaired);
}

std::string_view Decoder::redacted_text(std::string_view path, std::string_view text) {
  if (text.empty()) return text;
  std::string redacted(text);
  redact_text(*config_.redactor, path, redacted);
  return storable_copy(redacted);
}

void Decoder::redact(std::vector<AttributeView>& list) {
  for (AttributeView& attribute : list) {
    auto value = std::make_unique<Value>(attribute.value.to_value());
    detail::redact(*config_.redactor, attribute.key, *value);
    texts_repaired_.fetch_add(repair(*value), std::memory_order_relaxed);
    attribute.value = ValueView(builder_.keep(std::move(value)));
  }
}

}  // namespace spark::detail
