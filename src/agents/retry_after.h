// How long a server asks to wait before it is asked again. Free functions without state.
#pragma once

#include <optional>
#include <string_view>

#include "http/message.h"
#include "spark/base/clock.h"

namespace spark::agents {

// A date of HTTP (RFC 9110, 5.6.7), in any of its three forms. Empty for what is none.
[[nodiscard]] std::optional<Timestamp> parse_http_date(std::string_view text);

// By "retry-after-ms" (OpenAI's), else by "Retry-After": seconds, or a date, which is compared with the response's own
// Date where it has one, so that the clocks need not agree, and with `now` otherwise. Empty: it does not ask, or for
// nothing that can be read. Never negative.
[[nodiscard]] std::optional<Seconds> retry_after(const http::Headers& headers, Timestamp now);

}  // namespace spark::agents
