// RecordWriter makes records in a RecordImage: stores and short copies, no allocation unless the record outgrows the
// image. It holds what a record may hold (Limits) and counts what it cuts. Used by one thread at a time.
#pragma once

#include <atomic>
#include <cstdint>

#include "record_format.h"
#include "spark/telemetry/attributes.h"
#include "spark/telemetry/config.h"

namespace spark::detail {

// What writers cut, summed over all threads; rare, so shared.
struct CutCounters {
  std::atomic<std::uint64_t> attributes_dropped{0};
  std::atomic<std::uint64_t> span_events_dropped{0};
  std::atomic<std::uint64_t> texts_cut{0};
  std::atomic<std::uint64_t> values_cut{0};
  std::atomic<std::uint64_t> records_spilled{0};
};

class RecordWriter {
 public:
  RecordWriter(RecordImage& image, const Limits& limits, CutCounters& counters) noexcept
      : image_(image), limits_(limits), counters_(counters) {}

  // Starts a record: everything in the image before is forgotten. The caller fills the rest of the head.
  template <class Head>
  Head& begin(RecordKind kind) noexcept {
    static_assert(sizeof(Head) % 8 == 0 && sizeof(Head) < RecordImage::inline_capacity);
    image_.used = sizeof(Head);
    image_.capacity = RecordImage::inline_capacity;
    image_.attribute_count = 0;
    image_.attribute_limit = limits_.attributes_per_record;
    image_.key_limit = limits_.key_bytes;
    image_.string_limit = limits_.string_bytes;
    image_.replaceable_texts = 0;
    image_.spill = nullptr;
    Head& head = *reinterpret_cast<Head*>(image_.inline_bytes);
    head.head = {.size_bytes = 0, .kind = kind, .flags = 0, .value_bytes = 0};
    return head;
  }

  void attribute(Text key, const AttributeValue& value) noexcept;
  void attributes(const Attributes& attributes) noexcept { each(EntryKind::attribute, attributes); }
  void span_event(Text name, std::uint64_t ticks, const Attributes& attributes) noexcept;
  // name, status_message, …; an empty one is left out.
  void text(EntryKind kind, Text text) noexcept;
  // The same, in place of the one of this kind that was given before.
  void replace_text(EntryKind kind, Text text) noexcept;

 private:
  void each(EntryKind kind, const Attributes& attributes) noexcept;
  std::span<const Attribute> put_front(EntryKind kind, std::span<const Attribute> list) noexcept;
  void put(EntryKind kind, Text key, const AttributeValue& value) noexcept;
  void put_text(EntryKind kind, Text key, Text text) noexcept;
  void put_value(EntryKind kind, Text key, const Value& value) noexcept;
  // Room for an entry with its head and key written; null if there is no memory.
  std::byte* entry(EntryKind kind, Payload payload, Text key, std::uint32_t text_size,
                   std::uint32_t payload_bytes) noexcept;
  bool grow(std::uint32_t wanted) noexcept;
  bool admit_attribute(Text key) noexcept;
  void make_room_for(std::string_view key) noexcept;
  void drop_attribute(std::string_view key) noexcept;
  void drop_overwritten() noexcept;
  void drop_entry(const Entry& entry, std::uint32_t begin, std::uint32_t end) noexcept;
  RecordHead& head() noexcept { return *reinterpret_cast<RecordHead*>(image_.bytes()); }

  RecordImage& image_;
  const Limits& limits_;
  CutCounters& counters_;
};

// A copy with texts and depth, and for each array and object the number of members, held to the limits. May throw
// std::bad_alloc.
[[nodiscard]] Value bounded_copy(const Value& value, const Limits& limits, std::uint32_t depth, CutCounters& counters);

// Frees what a record owns besides its bytes: its Values.
void release_values(const std::byte* record, std::size_t size_bytes) noexcept;
// Frees all an image owns.
void release(RecordImage& image) noexcept;
// Gives the copy of a record's bytes Values of its own. False, and no Values at all, if there is no memory.
[[nodiscard]] bool clone_values(std::byte* record, std::size_t size_bytes) noexcept;

}  // namespace spark::detail
