// Identifiers. Plain values: comparable, hashable, 8 or 16 bytes; zero means "none" everywhere.
//
// trace_id   128 bits, UUIDv7 (RFC 9562): time-ordered, the last 56 bits random as W3C trace context level 2 asks.
// span_id     64 bits (W3C and OTLP require 64), 16 hex digits.
// event_id, metric_id   128 bits: a producer id of the process and a sequence number, in the form of a UUIDv8.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "spark/base/random.h"

namespace spark {

struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  // From a UUID or 32 hex digits, either case. Throws Error(invalid_argument) quoting the text.
  [[nodiscard]] static TraceId parse(std::string_view text);
  // UUIDv7 of a wall time (milliseconds since the epoch) and 74 random bits (the low 12 of `random_high`, the low 62 of
  // `random_low`).
  [[nodiscard]] static TraceId make(std::uint64_t unix_ms, std::uint64_t random_high,
                                    std::uint64_t random_low) noexcept;

  [[nodiscard]] constexpr bool is_valid() const noexcept { return (high | low) != 0; }
  // The W3C level 2 random part, on which sampling decides.
  [[nodiscard]] constexpr std::uint64_t random_56() const noexcept { return low & ((1ULL << 56) - 1); }
  [[nodiscard]] std::string to_string() const;  // as a UUID
  [[nodiscard]] std::string to_hex() const;     // 32 hex digits

  auto operator<=>(const TraceId&) const = default;
};

struct SpanId {
  std::uint64_t value = 0;

  // From 16 hex digits, either case. Throws Error(invalid_argument); for a UUID the message says why it cannot be one.
  [[nodiscard]] static SpanId parse(std::string_view text);

  [[nodiscard]] constexpr bool is_valid() const noexcept { return value != 0; }
  [[nodiscard]] std::string to_string() const;  // 16 hex digits

  auto operator<=>(const SpanId&) const = default;
};

// An event's or a metric's id.
struct RecordId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] static RecordId parse(std::string_view text);  // as TraceId::parse
  // UUIDv8: 60 bits of the producer, 62 bits of the sequence number.
  [[nodiscard]] static constexpr RecordId make(std::uint64_t producer, std::uint64_t sequence) noexcept {
    constexpr std::uint64_t version_8 = 0x8000, version_mask = 0xF000, variant = 1ULL << 63, variant_mask = 3ULL << 62;
    return {(producer & ~version_mask) | version_8, (sequence & ~variant_mask) | variant};
  }

  [[nodiscard]] constexpr bool is_valid() const noexcept { return (high | low) != 0; }
  [[nodiscard]] std::string to_string() const;  // as a UUID

  auto operator<=>(const RecordId&) const = default;
};
using EventId = RecordId;
using MetricId = RecordId;

// As the member functions.
[[nodiscard]] inline std::string to_string(const TraceId& id) { return id.to_string(); }
[[nodiscard]] inline std::string to_string(const SpanId& id) { return id.to_string(); }
[[nodiscard]] inline std::string to_string(const RecordId& id) { return id.to_string(); }

// The id that the top-level span of a trace has. Derived from the trace id, so that spans without a parent can name
// it in any process without a look-up. (Finalizer of SplitMix64, Steele, Lea, Flood 2014.)
[[nodiscard]] constexpr SpanId root_span_id(TraceId trace) noexcept {
  std::uint64_t x = trace.high ^ trace.low;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  x ^= x >> 31;
  return {x != 0 ? x : 1};
}

namespace detail {

// A hash table's key from outside must not get a place that its sender can work out: many keys in one place make each
// look-up a search. So each hash has 128 random bits of the process in it, the same in forked children. (The
// multiplication of wyhash, Wang Yi, public domain; two nanoseconds.)
inline std::size_t hash_of(std::uint64_t high, std::uint64_t low) noexcept {
  struct Seeds {
    std::uint64_t high = operating_system_random();
    std::uint64_t low = operating_system_random();
  };
  static const Seeds seeds;
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(high ^ seeds.high) * (low ^ seeds.low);
  return static_cast<std::size_t>(product >> 64) ^ static_cast<std::size_t>(product);
}

}  // namespace detail
}  // namespace spark

template <>
struct std::hash<spark::TraceId> {
  std::size_t operator()(const spark::TraceId& id) const noexcept { return spark::detail::hash_of(id.high, id.low); }
};
template <>
struct std::hash<spark::SpanId> {
  std::size_t operator()(const spark::SpanId& id) const noexcept { return spark::detail::hash_of(0, id.value); }
};
template <>
struct std::hash<spark::RecordId> {
  std::size_t operator()(const spark::RecordId& id) const noexcept { return spark::detail::hash_of(id.high, id.low); }
};
