// Protobuf's wire format, written forward into one buffer of exactly the right size (protobuf.dev, "Encoding").
//
// A message's length stands before its content. So a description of the message, which is a function over a writer,
// runs twice: with a SizeCount, which notes the size of each nested message in the order in which they begin, and with
// a ByteCursor, which finds them in that order. Nothing is allocated for a message and nothing is moved.
//
// The interface of ProtobufWriter is that of JsonWriter too, so that one description serves both:
//   message(field, body)               one nested message; body() writes its fields
//   list(field, body)                  a repeated field of messages; body() calls
//   element(field, body)                 this for each
//   together(body)                     plain fields and scalar attributes: body(writer) writes them by its own argument
//   text, fixed64, fixed32, enumerator, sint32, packed, id      left out when empty or zero
//   present_text, present_bool, present_integer, present_number, present_bytes, present_uuid     always written:
//   members
//                                      of a oneof, and fields with presence
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "backends/otlp/fields.h"
#include "backends/otlp/protobuf_passes.h"
#include "base/id_text.h"
#include "spark/base/ids.h"

namespace spark::detail::otlp {

// Over a SizeCount or a ByteCursor.
template <class Out>
class ProtobufWriter {
 public:
  explicit ProtobufWriter(const Out& out) noexcept : out_(out) {}

  [[nodiscard]] const Out& out() const noexcept { return out_; }

  // What `body` writes by its own copy of this stays in registers; by way of memory each field would wait for the one
  // before.
  template <class Body>
  [[gnu::flatten]] void together(const Body& body) {
    ProtobufWriter copy(out_);
    body(copy);
    out_ = copy.out_;
  }

  template <class Body>
  void message(Field field, const Body& body) {
    tag(field, WireType::length_delimited);
    out_.nested(body);
  }
  template <class Body>
  void list(Field, const Body& body) {
    body();
  }
  template <class Body>
  void element(Field field, const Body& body) {
    message(field, body);
  }

  void text(Field field, std::string_view value) {
    if (!value.empty()) present_text(field, value);
  }
  void fixed64(Field field, std::uint64_t value) {
    if (value == 0) return;
    tag(field, WireType::fixed64);
    out_.template little_endian<8>(value);
  }
  void fixed32(Field field, std::uint32_t value) {
    if (value == 0) return;
    tag(field, WireType::fixed32);
    out_.template little_endian<4>(value);
  }
  template <class Enum>
  void enumerator(Field field, Enum value) {
    if (value != Enum{}) varint(field, static_cast<std::uint32_t>(value));
  }
  void sint32(Field field, std::int32_t value) {
    // Zigzag: 0, -1, 1, -2 … become 0, 1, 2, 3 …
    const auto bits = static_cast<std::uint32_t>(value);
    if (value != 0) varint(field, (bits << 1) ^ static_cast<std::uint32_t>(value >> 31));
  }
  void packed(Field field, std::span<const std::uint64_t> values) {
    if (values.empty()) return;
    message(field, [&] {
      for (const std::uint64_t value : values) out_.varint(value);
    });
  }
  void id(Field field, TraceId id) {
    if (id.is_valid()) big_endian(field, std::array{id.high, id.low});
  }
  void id(Field field, SpanId id) {
    if (id.is_valid()) big_endian(field, std::array{id.value});
  }

  void present_text(Field field, std::string_view value) { octets(field, value.data(), value.size()); }
  void present_bool(Field field, bool value) { varint(field, value ? 1 : 0); }
  void present_integer(Field field, std::int64_t value) { varint(field, static_cast<std::uint64_t>(value)); }
  void present_number(Field field, double value) {
    tag(field, WireType::fixed64);
    out_.template little_endian<8>(std::bit_cast<std::uint64_t>(value));
  }
  void present_bytes(Field field, std::span<const std::uint8_t> value) { octets(field, value.data(), value.size()); }
  void present_uuid(Field field, RecordId id) {
    tag(field, WireType::length_delimited);
    out_.varint(uuid_size);
    out_.filled(uuid_size, [&](char* place) { put_uuid(place, id.high, id.low); });
  }

 private:
  enum class WireType : std::uint32_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

  void tag(const Field& field, WireType type) { out_.varint(field.number << 3 | static_cast<std::uint32_t>(type)); }
  void varint(const Field& field, std::uint64_t value) {
    tag(field, WireType::varint);
    out_.varint(value);
  }
  void octets(const Field& field, const void* from, std::size_t count) {
    tag(field, WireType::length_delimited);
    out_.varint(count);
    out_.raw(from, count);
  }
  template <std::size_t words>
  void big_endian(Field field, const std::array<std::uint64_t, words>& id) {
    tag(field, WireType::length_delimited);
    out_.varint(8 * words);
    for (const std::uint64_t word : id) out_.template little_endian<8>(__builtin_bswap64(word));
  }

  Out out_;
};

}  // namespace spark::detail::otlp
