#include "backends/otlp/wire_reader.h"

namespace spark::detail::otlp {

bool WireReader::next() noexcept {
  integer_ = 0;
  bytes_ = {};
  field_ = rest_;
  if (rest_.empty() || is_bad_) return false;
  is_bad_ = !take_field();
  field_.remove_suffix(rest_.size());
  return !is_bad_;
}

bool WireReader::take_field() noexcept {
  std::uint64_t tag = 0;
  if (!take_varint(tag)) return false;
  const std::uint64_t number = tag >> 3;
  constexpr std::uint64_t largest_number = (1U << 29) - 1;
  if (number == 0 || number > largest_number) return false;
  number_ = static_cast<std::uint32_t>(number);
  switch (tag & 7) {
    case 0:
      return take_varint(integer_);
    case 1: {
      const bool is_there = take_bytes(8);
      bytes_ = {};
      return is_there;
    }
    case 2: {
      std::uint64_t count = 0;
      return take_varint(count) && take_bytes(count);
    }
    case 5: {
      const bool is_there = take_bytes(4);
      bytes_ = {};
      return is_there;
    }
    default:
      return false;
  }
}

bool WireReader::take_varint(std::uint64_t& value) noexcept {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return false;
    const auto octet = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(octet & 0x7FU) << shift;
    if ((octet & 0x80U) == 0) return true;
  }
  return false;
}

bool WireReader::take_bytes(std::uint64_t count) noexcept {
  if (count > rest_.size()) return false;
  bytes_ = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return true;
}

}  // namespace spark::detail::otlp
