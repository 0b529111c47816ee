// What the readers of OTLP need beside protozero: labels for its switch over fields, and texts as std::string_view.
//
// A field of another wire type than it should have is skipped, as protobuf does with a field that it does not know;
// what is no protobuf (a length beyond the end, a group, a varint that does not end) is a protozero::exception.
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string_view>

#include "backends/otlp/fields.h"
#include "spark/base/ids.h"

namespace spark::detail::ingest {

using Message = protozero::pbf_reader;

// The labels of a switch over Message::tag_and_type().
[[nodiscard]] constexpr std::uint32_t varint(otlp::Field field) noexcept {
  return protozero::tag_and_type(field.number, protozero::pbf_wire_type::varint);
}
[[nodiscard]] constexpr std::uint32_t fixed64(otlp::Field field) noexcept {
  return protozero::tag_and_type(field.number, protozero::pbf_wire_type::fixed64);
}
[[nodiscard]] constexpr std::uint32_t fixed32(otlp::Field field) noexcept {
  return protozero::tag_and_type(field.number, protozero::pbf_wire_type::fixed32);
}
[[nodiscard]] constexpr std::uint32_t octets(otlp::Field field) noexcept {
  return protozero::tag_and_type(field.number, protozero::pbf_wire_type::length_delimited);
}

[[nodiscard]] inline Message message_of(std::string_view bytes) noexcept { return {bytes.data(), bytes.size()}; }

[[nodiscard]] inline std::string_view take(Message& message) {
  const protozero::data_view view = message.get_view();
  return {view.data(), view.size()};
}

[[nodiscard]] inline std::uint64_t big_endian_64(std::string_view octets) noexcept {
  std::uint64_t value = 0;
  for (const char octet : octets) value = value << 8 | static_cast<std::uint8_t>(octet);
  return value;
}

// Zero where the size is not an id's.
[[nodiscard]] inline TraceId trace_id_of(std::string_view octets) noexcept {
  if (octets.size() != 16) return {};
  return {big_endian_64(octets.substr(0, 8)), big_endian_64(octets.substr(8))};
}
[[nodiscard]] inline SpanId span_id_of(std::string_view octets) noexcept {
  return octets.size() == 8 ? SpanId{big_endian_64(octets)} : SpanId{};
}

}  // namespace spark::detail::ingest
