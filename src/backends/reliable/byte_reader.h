// ByteReader reads what ByteWriter wrote, from bytes that may be anything. Every function throws Error(corrupt) where
// they end too early or are not what they should be. Views live as long as the bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "spark/base/error.h"

namespace spark::detail::reliable {

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] bool at_end() const noexcept { return bytes_.empty(); }
  [[noreturn]] static void fail(const std::string& what) {
    throw Error(ErrorCode::corrupt, "a batch is damaged: it has " + what);
  }

  [[nodiscard]] std::uint8_t peek() const {
    if (bytes_.empty()) fail("an early end");
    return static_cast<std::uint8_t>(bytes_.front());
  }
  std::uint8_t byte() {
    const std::uint8_t value = peek();
    bytes_.remove_prefix(1);
    return value;
  }
  std::string_view raw(std::uint64_t size) {
    if (size > bytes_.size()) fail("an early end");
    const auto taken = bytes_.substr(0, static_cast<std::size_t>(size));
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t fixed() {
    std::uint64_t value = 0;
    int shift = 0;
    for (const char byte : raw(8)) {
      value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(byte)) << shift;
      shift += 8;
    }
    return value;
  }
  double number() { return std::bit_cast<double>(fixed()); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      // Of the tenth byte only one bit fits.
      if (shift == 63 && part > 1) break;
      value |= static_cast<std::uint64_t>(part & 0x7F) << shift;
      if (part < 0x80) return value;
    }
    fail("a number of more than 64 bits");
  }
  std::int64_t signed_varint() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::int32_t signed_varint_32() {
    using Limits = std::numeric_limits<std::int32_t>;
    const std::int64_t value = signed_varint();
    if (value < Limits::min() || value > Limits::max()) fail("a number of more than 32 bits");
    return static_cast<std::int32_t>(value);
  }
  std::string_view text() { return raw(varint()); }
  bool boolean() {
    const std::uint8_t value = byte();
    if (value > 1) fail("a bool that is neither true nor false");
    return value == 1;
  }
  // One of an enumeration whose last enumerator is this.
  template <class Enumeration>
  Enumeration enumerator(Enumeration last) {
    const std::uint8_t value = byte();
    if (value > static_cast<std::uint8_t>(last)) fail("an unknown enumerator");
    return static_cast<Enumeration>(value);
  }
  // The length of a list whose elements take at least so many bytes each: not more than are left.
  std::size_t count(std::size_t least_bytes) {
    const std::uint64_t count = varint();
    if (count > bytes_.size() / least_bytes) fail("a list longer than the batch");
    return static_cast<std::size_t>(count);
  }

 private:
  std::string_view bytes_;
};

}  // namespace spark::detail::reliable
