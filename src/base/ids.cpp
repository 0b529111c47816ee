#include "spark/base/ids.h"

#include <cstddef>

#include "base/id_text.h"
#include "spark/base/error.h"

namespace spark {
namespace {

using detail::hex_128_size;
using detail::hex_64_size;
using detail::put_hex;
using detail::uuid_size;

std::string uuid_text(std::uint64_t high, std::uint64_t low) {
  std::string out(uuid_size, '-');
  detail::put_uuid(out.data(), high, low);
  return out;
}

// Appends up to 16 hex digits to `value`; false if one of them is none.
bool take_hex(std::string_view text, std::uint64_t& value) noexcept {
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return false;
    }
    value = (value << 4) | digit;
  }
  return true;
}

bool parse_128(std::string_view text, std::uint64_t& high, std::uint64_t& low) noexcept {
  high = low = 0;
  if (text.size() == hex_128_size) return take_hex(text.substr(0, 16), high) && take_hex(text.substr(16), low);
  if (text.size() != uuid_size) return false;
  for (const std::size_t dash : {8, 13, 18, 23}) {
    if (text[dash] != '-') return false;
  }
  return take_hex(text.substr(0, 8), high) && take_hex(text.substr(9, 4), high) && take_hex(text.substr(14, 4), high) &&
         take_hex(text.substr(19, 4), low) && take_hex(text.substr(24), low);
}

// Long enough for every form of an id; what is longer is not worth repeating.
std::string quoted(std::string_view text) {
  constexpr std::size_t shown = 64;
  std::string out = "\"";
  out.append(text.substr(0, shown));
  out.append(text.size() > shown ? "…\"" : "\"");
  return out;
}

[[noreturn]] void refuse(std::string_view what, std::string_view text, std::string_view why) {
  std::string message = "cannot read a ";
  message.append(what).append(" from ").append(quoted(text)).append(": ").append(why);
  throw Error(ErrorCode::invalid_argument, message);
}

constexpr std::string_view needs_128 = "it needs a UUID or 32 hex digits";

}  // namespace

TraceId TraceId::parse(std::string_view text) {
  TraceId id;
  if (!parse_128(text, id.high, id.low)) refuse("trace id", text, needs_128);
  return id;
}

TraceId TraceId::make(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low) noexcept {
  constexpr std::uint64_t version_7 = 0x7000, variant = 1ULL << 63;
  return {(unix_ms << 16) | version_7 | (random_high & 0xFFF), variant | (random_low & ((1ULL << 62) - 1))};
}

std::string TraceId::to_string() const { return uuid_text(high, low); }

std::string TraceId::to_hex() const {
  std::string out(hex_128_size, '0');
  put_hex(out.data(), high, 16);
  put_hex(out.data() + 16, low, 16);
  return out;
}

SpanId SpanId::parse(std::string_view text) {
  SpanId id;
  if (text.size() == hex_64_size && take_hex(text, id.value)) return id;
  std::uint64_t high = 0, low = 0;
  if (parse_128(text, high, low)) {
    refuse("span id", text,
           "a UUID has 128 bits, a span id has 64 as W3C trace context and OTLP require; it needs 16 hex "
           "digits");
  }
  refuse("span id", text, "it needs 16 hex digits");
}

std::string SpanId::to_string() const {
  std::string out(hex_64_size, '0');
  put_hex(out.data(), value, 16);
  return out;
}

RecordId RecordId::parse(std::string_view text) {
  RecordId id;
  if (!parse_128(text, id.high, id.low)) refuse("record id", text, needs_128);
  return id;
}

std::string RecordId::to_string() const { return uuid_text(high, low); }

}  // namespace spark
