// What goes over the wire in front of a response's body. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "spark/base/clock.h"

namespace spark::http {

inline constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

// Why the response cannot be sent: its status, or a header that would end before its end. Empty if it can.
[[nodiscard]] std::string problem_of(const Response& response);

// Whether a body goes with it as the answer to this method.
[[nodiscard]] bool has_body(const Response& response, std::string_view method) noexcept;

enum class After { keep_alive, keep_alive_1_0, close };

// The status line and the headers, with the empty line behind them. A client of HTTP/1.0 that asked for it has to be
// told that the connection stays open, the others that it does not.
[[nodiscard]] std::string head_of(const Response& response, Timestamp now, After after);

}  // namespace spark::http
