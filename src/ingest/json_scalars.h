// Scalars of OTLP/JSON as they are in text: numbers, hex digits, base64. Free functions without state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spark::detail::ingest {

// A number, or one of "NaN", "Infinity", "-Infinity".
[[nodiscard]] std::optional<double> parse_double(std::string_view text) noexcept;

// An integer within the type, also as "1.0" or "1e3", which are integers to JSON.
template <class Integer>
[[nodiscard]] std::optional<Integer> parse_integer(std::string_view text) noexcept;
extern template std::optional<std::int64_t> parse_integer(std::string_view) noexcept;
extern template std::optional<std::uint64_t> parse_integer(std::string_view) noexcept;
extern template std::optional<std::int32_t> parse_integer(std::string_view) noexcept;
extern template std::optional<std::uint32_t> parse_integer(std::string_view) noexcept;

// In place: half a pair of surrogates, which JavaScript writes as an escape where it cut a text, becomes U+FFFD. True
// if there was one.
bool replace_lone_surrogates(std::string& json);

// Append what the digits stand for. False: they are none.
[[nodiscard]] bool append_hex(std::string& out, std::string_view digits);
// Either alphabet (RFC 4648, sections 4 and 5), with or without padding.
[[nodiscard]] bool append_base64_octets(std::string& out, std::string_view text);

}  // namespace spark::detail::ingest
