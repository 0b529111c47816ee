// How a record looks in a ring: a head of fixed size for its kind, then entries. Everything is aligned to 8 bytes.
// Written by RecordWriter on the recording thread, read by RecordReader on the drainer's; never leaves the process.
//
//   entry: EntryHead | key (a pointer, or bytes padded to 8) | payload
//   payload of literal:  const char*                 of copied:  bytes padded to 8
//              cut:      original size, then bytes   of value:   an owned Value*
//              integer, number: 8 bytes              of null, false_, true_: nothing
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "spark/base/ids.h"
#include "spark/telemetry/detail/record_image.h"
#include "spark/telemetry/records.h"
#include "spark/telemetry/stats.h"

namespace spark::detail {

enum RecordFlags : std::uint8_t {
  padding_flag = 1,     // skip to the ring's start
  spilled_flag = 2,     // only a head and a pointer; see SpilledRecord
  has_values_flag = 4,  // owns at least one Value
};

struct RecordHead {
  std::uint32_t size_bytes;  // of the whole record in the ring
  RecordKind kind;
  std::uint8_t flags;
  std::uint64_t value_bytes;  // of the rings' bound that the record takes for its Values
};

struct SpilledRecord {
  RecordHead head;
  std::byte* bytes;  // in the ring's SpillMemory; a record with its own head
  std::uint64_t size_bytes;
};

struct TraceHead {
  RecordHead head;
  TraceId trace_id;
  SpanId root_span_id;
  std::int64_t start_ns;
  std::int64_t end_ns;
  TraceStatus status;
};

struct SpanHead {
  RecordHead head;
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_span_id;
  std::uint64_t start_ticks;
  std::uint64_t end_ticks;
  SpanKind kind;
  SpanStatus status;
  bool is_local_root;
  std::uint32_t event_count;
};

struct EventHead {
  RecordHead head;
  TraceId trace_id;
  SpanId span_id;
  std::uint64_t ticks;
};

struct MetricHead {
  RecordHead head;
  TraceId trace_id;
  SpanId span_id;
  std::uint64_t ticks;
  double value;
  AggregationType aggregation_type;
};

struct GraphHead {
  RecordHead head;
  GraphDefinition* definition;  // owned
};

[[nodiscard]] constexpr std::uint32_t padded(std::size_t size) noexcept {
  return static_cast<std::uint32_t>((size + 7) & ~std::size_t{7});
}

[[nodiscard]] constexpr std::uint32_t head_size(RecordKind kind) noexcept {
  switch (kind) {
    case RecordKind::trace_start:
    case RecordKind::trace_end:
      return sizeof(TraceHead);
    case RecordKind::span:
      return sizeof(SpanHead);
    case RecordKind::event:
      return sizeof(EventHead);
    case RecordKind::metric:
    case RecordKind::self_metric:
      return sizeof(MetricHead);
    case RecordKind::graph:
      return sizeof(GraphHead);
  }
  return sizeof(RecordHead);
}

// One entry, taken apart.
struct Entry {
  EntryKind kind;
  Payload payload;
  bool is_key_literal;
  std::string_view key;
  std::string_view text;  // literal, copied, cut
  union {
    std::int64_t integer;
    double number;
    std::uint64_t original_bytes;  // cut
    Value* value;
  };
  std::uint32_t text_size;
};

// Walks the entries of a record. The record must outlive what it gives out.
class RecordReader {
 public:
  RecordReader(const std::byte* record, std::size_t size_bytes, std::size_t head_bytes) noexcept
      : at_(record + head_bytes), end_(record + size_bytes) {}

  [[nodiscard]] bool next(Entry& entry) noexcept {
    if (at_ == end_) return false;
    EntryHead head;
    std::memcpy(&head, at_, sizeof head);
    at_ += sizeof head;
    entry.kind = head.kind;
    entry.payload = head.payload;
    entry.text_size = head.text_size;
    const std::size_t key_size = head.key_size & ~EntryHead::literal_key;
    entry.is_key_literal = (head.key_size & EntryHead::literal_key) != 0;
    entry.key = entry.is_key_literal ? std::string_view(take<const char*>(), key_size) : take_text(key_size);
    switch (head.payload) {
      case Payload::null:
      case Payload::false_:
      case Payload::true_:
        break;
      case Payload::integer:
        entry.integer = take<std::int64_t>();
        break;
      case Payload::number:
        entry.number = take<double>();
        break;
      case Payload::literal:
        entry.text = std::string_view(take<const char*>(), head.text_size);
        break;
      case Payload::copied:
        entry.text = take_text(head.text_size);
        break;
      case Payload::cut:
        entry.original_bytes = take<std::uint64_t>();
        entry.text = take_text(head.text_size);
        break;
      case Payload::value:
        entry.value = take<Value*>();
        break;
    }
    return true;
  }
  // Where the entry given last ended.
  [[nodiscard]] const std::byte* position() const noexcept { return at_; }

 private:
  template <class T>
  T take() noexcept {
    T result;
    std::memcpy(&result, at_, sizeof result);
    at_ += sizeof result;
    return result;
  }
  std::string_view take_text(std::size_t size) noexcept {
    const std::string_view result(reinterpret_cast<const char*>(at_), size);
    at_ += padded(size);
    return result;
  }

  const std::byte* at_;
  const std::byte* end_;
};

}  // namespace spark::detail
