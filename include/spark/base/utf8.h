// UTF-8 checks. Free functions without state.
#pragma once

#include <string>
#include <string_view>

namespace spark {

// True if text is well-formed UTF-8 (RFC 3629) and has no U+0000, which no backend stores alike.
[[nodiscard]] bool is_storable_utf8(std::string_view text) noexcept;

// Appends text with U+0000 and every ill-formed part (maximal subpart, Unicode 15 section 3.9) replaced by U+FFFD.
void append_storable_utf8(std::string& out, std::string_view text);

// The longest prefix of at most max_bytes that does not cut a character in two.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) noexcept;

}  // namespace spark
