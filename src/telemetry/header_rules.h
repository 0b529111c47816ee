// Which headers a configuration may ask to be sent. Free functions without state.
#pragma once

#include <string_view>

namespace spark::detail {

// Whether it is a token of HTTP's (RFC 9110, 5.6.2): what names of headers are made of, and keys of baggage.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
// Why this header cannot be sent, to follow "is"; empty if it can. Never has the value in it. Static storage.
[[nodiscard]] std::string_view header_fault(std::string_view name, std::string_view value);

}  // namespace spark::detail
