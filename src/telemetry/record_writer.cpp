#include "record_writer.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <unordered_set>
#include <utility>
#include <vector>

#include "spark/base/utf8.h"

namespace spark::detail {
namespace {

constexpr std::uint32_t max_record_bytes = 64u << 20;
// Room that a spilled record has to spare: the small attributes that follow a long one must not double it.
constexpr std::uint32_t spare_bytes = 512;

std::byte* store(std::byte* at, const void* source, std::size_t size) noexcept {
  std::memcpy(at, source, size);
  return at + size;
}

std::byte* store_padded(std::byte* at, std::string_view text) noexcept {
  if (text.empty()) return at;
  const std::uint32_t size = padded(text.size());
  const std::uint64_t zero = 0;
  std::memcpy(at + size - 8, &zero, 8);  // so that no stale byte is copied around
  std::memcpy(at, text.data(), text.size());
  return at + size;
}

}  // namespace

Value bounded_copy(const Value& value, const Limits& limits, std::uint32_t depth, CutCounters& counters) {
  switch (value.type()) {
    case ValueType::string:
      if (value.as_string().size() <= limits.string_bytes) return value;
      counters.texts_cut.fetch_add(1, std::memory_order_relaxed);
      return Value(utf8_prefix(value.as_string(), limits.string_bytes));
    case ValueType::bytes: {
      if (value.as_bytes().octets.size() <= limits.string_bytes) return value;
      counters.texts_cut.fetch_add(1, std::memory_order_relaxed);
      const auto& octets = value.as_bytes().octets;
      return Value(Bytes{{octets.begin(), octets.begin() + limits.string_bytes}});
    }
    case ValueType::array:
    case ValueType::object:
      break;
    default:
      return value;
  }
  if (depth > limits.depth) {
    counters.values_cut.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  std::size_t left = limits.attributes_per_record;
  const auto admit = [&] {
    if (left == 0) {
      counters.attributes_dropped.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    --left;
    return true;
  };
  if (value.is_array()) {
    Array result;
    for (const Value& element : value.as_array()) {
      if (admit()) result.push_back(bounded_copy(element, limits, depth + 1, counters));
    }
    return Value(std::move(result));
  }
  std::vector<Object::Member> members;
  for (const Object::Member& member : value.as_object()) {
    if (!admit()) continue;
    if (member.key.size() > limits.key_bytes) counters.texts_cut.fetch_add(1, std::memory_order_relaxed);
    members.emplace_back(std::string(utf8_prefix(member.key, limits.key_bytes)),
                         bounded_copy(member.value, limits, depth + 1, counters));
  }
  return Value(Object(std::move(members)));
}

void RecordWriter::attribute(Text key, const AttributeValue& value) noexcept {
  if (image_.try_put_attribute(key, value)) [[likely]]
    return;
  if (admit_attribute(key)) put(EntryKind::attribute, key, value);
}

// Puts what it can of the front of a list by the short way and gives the rest.
std::span<const Attribute> RecordWriter::put_front(EntryKind kind, std::span<const Attribute> list) noexcept {
  const std::uint32_t before = kind == EntryKind::attribute ? image_.attribute_count : 0;
  if (list.size() > image_.attribute_limit - before) [[unlikely]]
    return list;
  std::size_t done = 0;
  for (; done < list.size(); ++done) {
    const Attribute& attribute = list[done];
    if (image_.try_put(kind, attribute.key, attribute.value)) continue;
    if (attribute.value.type() != AttributeValue::Type::text) break;
    if (!image_.try_put_copied(kind, attribute.key, attribute.value.text())) break;
  }
  if (kind == EntryKind::attribute) image_.attribute_count += static_cast<std::uint32_t>(done);
  return list.subspan(done);
}

void RecordWriter::each(EntryKind kind, const Attributes& attributes) noexcept {
  auto event_attributes = static_cast<std::uint32_t>(attributes.list().size());
  const auto rest = put_front(kind, attributes.list());
  event_attributes -= static_cast<std::uint32_t>(rest.size());
  const auto admit = [&](Text key) {
    if (kind == EntryKind::attribute) return admit_attribute(key);
    if (++event_attributes <= limits_.attributes_per_record) return true;
    counters_.attributes_dropped.fetch_add(1, std::memory_order_relaxed);
    return false;
  };
  for (const Attribute& attribute : rest) {
    if (admit(attribute.key)) put(kind, attribute.key, attribute.value);
  }
  if (attributes.object() == nullptr) return;
  for (const Object::Member& member : *attributes.object()) {
    if (admit(member.key)) put(kind, member.key, AttributeValue(member.value));
  }
}

void RecordWriter::span_event(Text name, std::uint64_t ticks, const Attributes& attributes) noexcept {
  auto& span = *reinterpret_cast<SpanHead*>(image_.bytes());
  if (span.event_count >= limits_.events_per_span) {
    counters_.span_events_dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (!image_.try_put_event(name, ticks)) [[unlikely]] {
    std::byte* at = entry(EntryKind::event, Payload::integer, name, 0, sizeof ticks);
    if (at == nullptr) return;
    store(at, &ticks, sizeof ticks);
  }
  ++reinterpret_cast<SpanHead*>(image_.bytes())->event_count;
  each(EntryKind::event_attribute, attributes);
}

void RecordWriter::text(EntryKind kind, Text text) noexcept {
  if (text.size() != 0 && !image_.try_put_text(kind, text)) put_text(kind, Text(), text);
}

void RecordWriter::replace_text(EntryKind kind, Text text) noexcept {
  const std::uint32_t bit = 1u << static_cast<unsigned>(kind);
  if ((image_.replaceable_texts & bit) != 0) {
    std::byte* const bytes = image_.bytes();
    RecordReader reader(bytes, image_.used, head_size(head().kind));
    Entry entry{};
    for (const std::byte* begin = reader.position(); reader.next(entry); begin = reader.position()) {
      if (entry.kind != kind) continue;
      const auto at = static_cast<std::uint32_t>(begin - bytes);
      const auto end = static_cast<std::uint32_t>(reader.position() - bytes);
      std::memmove(bytes + at, bytes + end, image_.used - end);
      image_.used -= end - at;
      break;
    }
    image_.replaceable_texts &= ~bit;
  }
  if (text.size() == 0) return;
  image_.replaceable_texts |= bit;
  this->text(kind, text);
}

void RecordWriter::put(EntryKind kind, Text key, const AttributeValue& value) noexcept {
  if (image_.try_put(kind, key, value)) return;
  switch (value.type()) {
    case AttributeValue::Type::null:
      entry(kind, Payload::null, key, 0, 0);
      return;
    case AttributeValue::Type::boolean:
      entry(kind, value.boolean() ? Payload::true_ : Payload::false_, key, 0, 0);
      return;
    case AttributeValue::Type::integer: {
      const std::int64_t integer = value.integer();
      if (std::byte* at = entry(kind, Payload::integer, key, 0, sizeof integer)) store(at, &integer, sizeof integer);
      return;
    }
    case AttributeValue::Type::number: {
      const double number = value.number();
      if (std::byte* at = entry(kind, Payload::number, key, 0, sizeof number)) store(at, &number, sizeof number);
      return;
    }
    case AttributeValue::Type::text:
      if (!image_.try_put_copied(kind, key, value.text())) put_text(kind, key, value.text());
      return;
    case AttributeValue::Type::value:
      put_value(kind, key, value.value());
      return;
  }
}

void RecordWriter::put_text(EntryKind kind, Text key, Text text) noexcept {
  if (text.size() > limits_.string_bytes) [[unlikely]] {
    const std::string_view kept = utf8_prefix(text.view(), limits_.string_bytes);
    const auto size = static_cast<std::uint32_t>(kept.size());
    const std::uint64_t original = text.size();
    counters_.texts_cut.fetch_add(1, std::memory_order_relaxed);
    std::byte* at = entry(kind, Payload::cut, key, size, static_cast<std::uint32_t>(sizeof original) + padded(size));
    if (at != nullptr) store_padded(store(at, &original, sizeof original), kept);
    return;
  }
  const auto size = static_cast<std::uint32_t>(text.size());
  if (text.is_literal()) {
    const char* address = text.data();
    if (std::byte* at = entry(kind, Payload::literal, key, size, sizeof address)) store(at, &address, sizeof address);
  } else {
    if (std::byte* at = entry(kind, Payload::copied, key, size, padded(size))) store_padded(at, text.view());
  }
}

void RecordWriter::put_value(EntryKind kind, Text key, const Value& value) noexcept {
  switch (value.type()) {
    case ValueType::null:
      return put(kind, key, nullptr);
    case ValueType::boolean:
      return put(kind, key, value.as_bool());
    case ValueType::integer:
      return put(kind, key, value.as_int());
    case ValueType::number:
      return put(kind, key, value.as_double());
    case ValueType::string:
      return put_text(kind, key, value.as_string());
    default:
      break;
  }
  try {
    auto copy = std::make_unique<Value>(bounded_copy(value, limits_, 1, counters_));
    const std::size_t size = std::min<std::size_t>(estimated_size_bytes(*copy), max_record_bytes);
    Value* address = copy.get();
    std::byte* at = entry(kind, Payload::value, key, static_cast<std::uint32_t>(size), sizeof address);
    if (at == nullptr) return;
    store(at, &address, sizeof address);
    head().flags |= has_values_flag;
    head().value_bytes += size;
    copy.release();
  } catch (const std::bad_alloc&) {
    counters_.attributes_dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

std::byte* RecordWriter::entry(EntryKind kind, Payload payload, Text key, std::uint32_t text_size,
                               std::uint32_t payload_bytes) noexcept {
  std::string_view name = key.view();
  if (name.size() > limits_.key_bytes) [[unlikely]] {
    name = utf8_prefix(name, limits_.key_bytes);
    counters_.texts_cut.fetch_add(1, std::memory_order_relaxed);
  }
  const auto key_size = static_cast<std::uint16_t>(name.size());
  const auto key_bytes = key.is_literal() ? std::uint32_t{sizeof(const char*)} : padded(name.size());
  const std::uint32_t wanted = static_cast<std::uint32_t>(sizeof(EntryHead)) + key_bytes + payload_bytes;
  if (image_.used + wanted > image_.capacity) [[unlikely]] {
    if (!grow(wanted)) {
      counters_.attributes_dropped.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
  }
  std::byte* at = image_.bytes() + image_.used;
  image_.used += wanted;
  const EntryHead head{
      .kind = kind,
      .payload = payload,
      .key_size = static_cast<std::uint16_t>(key_size | (key.is_literal() ? EntryHead::literal_key : 0)),
      .text_size = text_size};
  at = store(at, &head, sizeof head);
  if (!key.is_literal()) return store_padded(at, name);
  const char* address = name.data();
  return store(at, &address, sizeof address);
}

bool RecordWriter::grow(std::uint32_t wanted) noexcept {
  const std::uint64_t needed = std::uint64_t{image_.used} + wanted;
  if (needed > max_record_bytes) return false;
  const auto capacity =
      static_cast<std::uint32_t>(std::max<std::uint64_t>(needed + spare_bytes, std::uint64_t{image_.capacity} * 2));
  auto* bytes = static_cast<std::byte*>(std::malloc(capacity));
  if (bytes == nullptr) return false;
  std::memcpy(bytes, image_.bytes(), image_.used);
  if (image_.spill == nullptr) counters_.records_spilled.fetch_add(1, std::memory_order_relaxed);
  std::free(image_.spill);
  image_.spill = bytes;
  image_.capacity = capacity;
  return true;
}

bool RecordWriter::admit_attribute(Text key) noexcept {
  if (image_.attribute_count >= limits_.attributes_per_record) [[unlikely]] {
    // A key that is set again and again must keep its last value, so first make room of what was overwritten, or is
    // about to be.
    make_room_for(utf8_prefix(key.view(), limits_.key_bytes));
    if (image_.attribute_count >= limits_.attributes_per_record) {
      counters_.attributes_dropped.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
  }
  ++image_.attribute_count;
  return true;
}

void RecordWriter::make_room_for(std::string_view key) noexcept {
  // Once all keys differ and there is no room for another, only what takes the place of one comes in: they go on
  // differing, and one look for this key is enough.
  constexpr std::uint32_t keys_differ = 1u << 31;
  const bool is_known = (image_.replaceable_texts & keys_differ) != 0;
  if (!is_known) drop_overwritten();
  drop_attribute(key);
  const bool is_full = image_.attribute_count + 1 >= limits_.attributes_per_record;
  image_.replaceable_texts = is_full ? image_.replaceable_texts | keys_differ : image_.replaceable_texts & ~keys_differ;
}

void RecordWriter::drop_attribute(std::string_view key) noexcept {
  const std::byte* const bytes = image_.bytes();
  RecordReader reader(bytes, image_.used, head_size(head().kind));
  Entry entry{};
  for (const std::byte* begin = reader.position(); reader.next(entry); begin = reader.position()) {
    if (entry.kind != EntryKind::attribute || entry.key != key) continue;
    drop_entry(entry, static_cast<std::uint32_t>(begin - bytes), static_cast<std::uint32_t>(reader.position() - bytes));
    return;
  }
}

void RecordWriter::drop_entry(const Entry& entry, std::uint32_t begin, std::uint32_t end) noexcept {
  if (entry.payload == Payload::value) {
    head().value_bytes -= entry.text_size;
    delete entry.value;
  }
  std::memmove(image_.bytes() + begin, image_.bytes() + end, image_.used - end);
  image_.used -= end - begin;
  --image_.attribute_count;
}

void RecordWriter::drop_overwritten() noexcept {
  struct Place {
    Entry entry;
    std::uint32_t begin, end;
  };
  try {
    const std::byte* const bytes = image_.bytes();
    std::vector<Place> places;
    RecordReader reader(bytes, image_.used, head_size(head().kind));
    Entry entry{};
    auto begin = static_cast<std::uint32_t>(reader.position() - bytes);
    while (reader.next(entry)) {
      const auto end = static_cast<std::uint32_t>(reader.position() - bytes);
      if (entry.kind == EntryKind::attribute) places.push_back({entry, begin, end});
      begin = end;
    }
    // From the back, so that the places in front stay where they are.
    std::unordered_set<std::string_view> later_keys;
    std::vector<Place> overwritten;
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
      if (!later_keys.insert(place->entry.key).second) overwritten.push_back(*place);
    }
    for (const Place& place : overwritten) drop_entry(place.entry, place.begin, place.end);
  } catch (const std::bad_alloc&) {
    // Nothing was dropped; the caller counts the attribute that finds no room.
  }
}

void release_values(const std::byte* record, std::size_t size_bytes) noexcept {
  const auto& head = *reinterpret_cast<const RecordHead*>(record);
  if (head.kind == RecordKind::graph) delete reinterpret_cast<const GraphHead*>(record)->definition;
  if ((head.flags & has_values_flag) == 0) return;
  RecordReader reader(record, size_bytes, head_size(head.kind));
  Entry entry{};
  while (reader.next(entry)) {
    if (entry.payload == Payload::value) delete entry.value;
  }
}

void release(RecordImage& image) noexcept {
  release_values(image.bytes(), image.used);
  std::free(image.spill);
  image.spill = nullptr;
}

bool clone_values(std::byte* record, std::size_t size_bytes) noexcept {
  auto& head = *reinterpret_cast<RecordHead*>(record);
  if ((head.flags & has_values_flag) == 0) return true;
  bool complete = true;
  RecordReader reader(record, size_bytes, head_size(head.kind));
  Entry entry{};
  while (reader.next(entry)) {
    if (entry.payload != Payload::value) continue;
    Value* copy = nullptr;
    if (complete) {
      try {
        copy = new Value(*entry.value);
      } catch (const std::bad_alloc&) {
        complete = false;
      }
    }
    std::byte* place = record + (reader.position() - record) - sizeof copy;
    std::memcpy(place, &copy, sizeof copy);
  }
  if (!complete) release_values(record, size_bytes);
  return complete;
}

}  // namespace spark::detail
