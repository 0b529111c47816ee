// How values lie in columns. Free functions without state.
//
// A 64-bit id is stored as a signed integer with its top bit flipped: SQLite's order of integers is then the
// order of the ids, and the small sequence numbers of event ids, whose top bit is the UUID's variant, take
// one to four bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "spark/base/ids.h"
#include "spark/telemetry/records.h"
#include "telemetry/record_json.h"

namespace spark::detail::sqlite {

// Deeper than any Limits::depth; what is written stays below it, so that it can be read.
inline constexpr int max_json_depth = 1'000;

[[nodiscard]] constexpr std::int64_t id_to_column(std::uint64_t id) noexcept {
  return static_cast<std::int64_t>(id ^ (1ULL << 63));
}
[[nodiscard]] constexpr std::uint64_t id_from_column(std::int64_t column) noexcept {
  return static_cast<std::uint64_t>(column) ^ (1ULL << 63);
}

// Big-endian, so that memcmp order is the ids' order, which for UUIDv7 is the order of time.
using TraceIdBytes = std::array<std::uint8_t, 16>;
[[nodiscard]] constexpr TraceIdBytes to_bytes(TraceId id) noexcept {
  TraceIdBytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(id.high >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(id.low >> (56 - 8 * i));
  }
  return bytes;
}
// Zero for anything but 16 bytes.
[[nodiscard]] constexpr TraceId trace_id_from_bytes(std::string_view bytes) noexcept {
  TraceId id;
  if (bytes.size() != 16) return id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.high = id.high << 8 | static_cast<std::uint8_t>(bytes[i]);
    id.low = id.low << 8 | static_cast<std::uint8_t>(bytes[8 + i]);
  }
  return id;
}

// Wraps around instead of overflowing: whatever the two times are, end = start + duration gives the end back.
[[nodiscard]] constexpr std::int64_t duration_of(std::int64_t start_ns, std::int64_t end_ns) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(end_ns) - static_cast<std::uint64_t>(start_ns));
}
[[nodiscard]] constexpr std::int64_t end_of(std::int64_t start_ns, std::int64_t duration_ns) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(start_ns) + static_cast<std::uint64_t>(duration_ns));
}

[[nodiscard]] std::string resource_to_json(const Resource& resource);
[[nodiscard]] std::string distribution_to_json(const Distribution& distribution);
// Throws Error if the text is not what the function above wrote.
using detail::distribution_from_json;

}  // namespace spark::detail::sqlite
