#include "spark/propagation/trace_parent.h"

#include <cstddef>

namespace spark {

namespace {

constexpr std::size_t trace_at = 3, span_at = 36, flags_at = 53, whole_size = 55;

// Lower case only: the grammar has no other digits.
std::optional<std::uint64_t> parse_hex(std::string_view digits) noexcept {
  std::uint64_t value = 0;
  for (const char c : digits) {
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else {
      return std::nullopt;
    }
    value = value << 4 | digit;
  }
  return value;
}

}  // namespace

std::optional<TraceParent> TraceParent::parse(std::string_view text) noexcept {
  if (text.size() < whole_size) return std::nullopt;
  if (text[trace_at - 1] != '-' || text[span_at - 1] != '-' || text[flags_at - 1] != '-') return std::nullopt;
  const auto version = parse_hex(text.substr(0, 2));
  if (!version || *version == 0xFF) return std::nullopt;
  // A later version may go on, behind another dash; this one may not.
  if (text.size() > whole_size && (*version == 0 || text[whole_size] != '-')) return std::nullopt;
  const auto high = parse_hex(text.substr(trace_at, 16)), low = parse_hex(text.substr(trace_at + 16, 16));
  const auto span = parse_hex(text.substr(span_at, 16)), flags = parse_hex(text.substr(flags_at, 2));
  if (!high || !low || !span || !flags) return std::nullopt;
  TraceParent parent;
  parent.trace_id = {*high, *low};
  parent.span_id = {*span};
  parent.flags = static_cast<std::uint8_t>(*flags);
  if (!parent.trace_id.is_valid() || !parent.span_id.is_valid()) return std::nullopt;
  return parent;
}

std::string TraceParent::to_string() const {
  std::string text;
  text.reserve(whole_size);
  text.append("00-").append(trace_id.to_hex()).append("-").append(span_id.to_string()).append("-0");
  text += static_cast<char>('0' + (flags & (sampled_flag | random_flag)));
  return text;
}

}  // namespace spark
