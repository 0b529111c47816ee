// PostgreSQL's binary representation of the types we use: big-endian numbers, 16 bytes of a uuid, a version before
// jsonb (the manual, "COPY", "Binary Format", and the send functions of each type). The same in rows of COPY, in
// parameters, in elements of arrays and in results. Free functions.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "spark/base/ids.h"

namespace spark::detail::postgresql {

// Numbers of types, from the server's pg_type.dat; they never change.
enum class Type : std::uint32_t {
  boolean = 16,
  bytes = 17,
  int8 = 20,
  int2 = 21,
  text = 25,
  float8 = 701,
  uuid = 2950,
  jsonb = 3802,
};
[[nodiscard]] constexpr std::uint32_t oid(Type type) noexcept { return static_cast<std::uint32_t>(type); }

template <class Number>
void append_number(std::string& out, Number number) {
  char octets[sizeof number];
  for (std::size_t i = 0; i < sizeof number; ++i) {
    octets[i] = static_cast<char>(number >> (8 * (sizeof number - 1 - i)));
  }
  out.append(octets, sizeof number);
}
template <class Number>
void set_number(char* at, Number number) noexcept {
  for (std::size_t i = 0; i < sizeof number; ++i) at[i] = static_cast<char>(number >> (8 * (sizeof number - 1 - i)));
}
template <class Number>
[[nodiscard]] Number read_number(const char* at) noexcept {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = static_cast<Number>(static_cast<Number>(number << 8) | static_cast<std::uint8_t>(at[i]));
  }
  return number;
}

// A 64-bit id with its top bit flipped: the order of bigint is then the order of the ids.
[[nodiscard]] constexpr std::int64_t id_to_column(std::uint64_t id) noexcept {
  return static_cast<std::int64_t>(id ^ (1ULL << 63));
}
[[nodiscard]] constexpr std::uint64_t id_from_column(std::int64_t column) noexcept {
  return static_cast<std::uint64_t>(column) ^ (1ULL << 63);
}

// A uuid's order is that of its bytes, which is the order of the ids.
template <class Id>
[[nodiscard]] std::array<char, 16> uuid_octets(const Id& id) noexcept {
  std::array<char, 16> octets;
  set_number(octets.data(), id.high);
  set_number(octets.data() + 8, id.low);
  return octets;
}
template <class Id>
void append_uuid(std::string& out, const Id& id) {
  const auto octets = uuid_octets(id);
  out.append(octets.data(), octets.size());
}
template <class Id>
[[nodiscard]] Id read_uuid(std::string_view octets) noexcept {
  if (octets.size() != 16) return {};
  return {read_number<std::uint64_t>(octets.data()), read_number<std::uint64_t>(octets.data() + 8)};
}

inline constexpr char jsonb_version = 1;

// Wraps around instead of overflowing: whatever the two times are, end = start + duration gives the end back.
[[nodiscard]] constexpr std::int64_t duration_of(std::int64_t start_ns, std::int64_t end_ns) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(end_ns) - static_cast<std::uint64_t>(start_ns));
}
[[nodiscard]] constexpr std::int64_t end_of(std::int64_t start_ns, std::int64_t duration_ns) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(start_ns) + static_cast<std::uint64_t>(duration_ns));
}

}  // namespace spark::detail::postgresql
