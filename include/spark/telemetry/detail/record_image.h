// The bytes of a record while it is being made: a head, then entries (attributes, events, texts). The first part lives
// inline, on the stack of whoever records; what does not fit spills to the heap. Private to telemetry/; here only
// because ActiveSpan holds one by value, and because the most frequent entry (a literal key with a number, a bool or a
// literal) is written by inlined code: three stores.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "spark/base/text.h"
#include "spark/telemetry/attributes.h"

namespace spark::detail {

enum class EntryKind : std::uint8_t {
  attribute,
  event,            // its key is the event's name, its payload the ticks
  event_attribute,  // of the event before it
  name,             // this and all below: no key, a text
  status_message,
  error_type,
  event_type,
  unit,
  graph_hash,
};

enum class Payload : std::uint8_t { null, false_, true_, integer, number, literal, copied, cut, value };

struct EntryHead {
  static constexpr std::uint16_t literal_key = 0x8000;

  EntryKind kind;
  Payload payload;
  std::uint16_t key_size;   // with literal_key
  std::uint32_t text_size;  // of literal, copied, cut: bytes; of value: its estimated size
};

// Left uninitialized on purpose: the bytes beyond `used` have no meaning.
struct RecordImage {
  // Room for the head of a span and about 14 attributes of numbers or literals.
  static constexpr std::uint32_t inline_capacity = 440;

  std::uint32_t used;
  std::uint32_t capacity;
  std::uint32_t attribute_count;
  std::uint32_t attribute_limit;
  std::uint32_t key_limit;
  std::uint32_t string_limit;
  std::uint32_t replaceable_texts;  // a bit for each EntryKind that is there and may be replaced
  std::byte* spill;                 // null: the record is in inline_bytes
  alignas(8) std::byte inline_bytes[inline_capacity];

  [[nodiscard]] std::byte* bytes() noexcept { return spill == nullptr ? inline_bytes : spill; }

  // Writes an entry of a literal key and a payload of one word. False: it takes the general way.
  [[nodiscard]] bool try_put(EntryKind kind, Text key, const AttributeValue& value) noexcept {
    if (!key.is_literal() || key.size() > key_limit || used + 24 > capacity || spill != nullptr) return false;
    EntryHead head{kind, Payload::integer, static_cast<std::uint16_t>(key.size() | EntryHead::literal_key), 0};
    std::uint64_t word = 0;
    switch (value.type()) {
      case AttributeValue::Type::integer:
        word = static_cast<std::uint64_t>(value.integer());
        break;
      case AttributeValue::Type::number:
        head.payload = Payload::number;
        word = std::bit_cast<std::uint64_t>(value.number());
        break;
      case AttributeValue::Type::text:
        if (!value.text().is_literal() || value.text().size() > string_limit) return false;
        head.payload = Payload::literal;
        head.text_size = static_cast<std::uint32_t>(value.text().size());
        word = reinterpret_cast<std::uint64_t>(value.text().data());
        break;
      default:
        return false;
    }
    put_words(std::bit_cast<std::uint64_t>(head), reinterpret_cast<std::uint64_t>(key.data()), word);
    return true;
  }

  // The same of a text that is copied.
  [[nodiscard]] bool try_put_copied(EntryKind kind, Text key, Text text) noexcept {
    const std::size_t size = text.size();
    const std::size_t wanted = 16 + ((size + 7) & ~std::size_t{7});
    if (!key.is_literal() || key.size() > key_limit || size > string_limit || spill != nullptr) return false;
    if (size == 0 || used + wanted > capacity) return false;
    const EntryHead head{kind, Payload::copied, static_cast<std::uint16_t>(key.size() | EntryHead::literal_key),
                         static_cast<std::uint32_t>(size)};
    std::byte* const at = inline_bytes + used;
    store_word(at, std::bit_cast<std::uint64_t>(head));
    store_word(at + 8, reinterpret_cast<std::uint64_t>(key.data()));
    store_word(at + wanted - 8, 0);  // so that no stale byte is copied around
    std::memcpy(at + 16, text.data(), size);
    used += static_cast<std::uint32_t>(wanted);
    return true;
  }

  // An event of a span: its name and its time.
  [[nodiscard]] bool try_put_event(Text name, std::uint64_t ticks) noexcept {
    if (!name.is_literal() || name.size() > key_limit || used + 24 > capacity || spill != nullptr) return false;
    const EntryHead head{EntryKind::event, Payload::integer,
                         static_cast<std::uint16_t>(name.size() | EntryHead::literal_key), 0};
    put_words(std::bit_cast<std::uint64_t>(head), reinterpret_cast<std::uint64_t>(name.data()), ticks);
    return true;
  }

  // The same of a literal without a key, such as a name.
  [[nodiscard]] bool try_put_text(EntryKind kind, Text text) noexcept {
    if (!text.is_literal() || text.size() > string_limit || used + 16 > capacity || spill != nullptr) return false;
    const EntryHead head{kind, Payload::literal, 0, static_cast<std::uint32_t>(text.size())};
    std::byte* const at = inline_bytes + used;
    store_word(at, std::bit_cast<std::uint64_t>(head));
    store_word(at + 8, reinterpret_cast<std::uint64_t>(text.data()));
    used += 16;
    return true;
  }

  [[nodiscard]] bool try_put_attribute(Text key, const AttributeValue& value) noexcept {
    if (attribute_count >= attribute_limit || !try_put(EntryKind::attribute, key, value)) return false;
    ++attribute_count;
    return true;
  }

 private:
  void put_words(std::uint64_t first, std::uint64_t second, std::uint64_t third) noexcept {
    std::byte* const at = inline_bytes + used;
    store_word(at, first);
    store_word(at + 8, second);
    store_word(at + 16, third);
    used += 24;
  }
  static void store_word(std::byte* at, std::uint64_t word) noexcept { std::memcpy(at, &word, 8); }
};

}  // namespace spark::detail
