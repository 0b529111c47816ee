#include "http/response_writer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
// Before Beast's header, which forgets it.
#include <ostream>

#include <boost/beast/http/status.hpp>

#include "telemetry/header_rules.h"

namespace spark::http {

namespace {

constexpr std::array<std::string_view, 4> of_the_server = {"Date", "Content-Length", "Connection", "Transfer-Encoding"};

bool is_of_the_server(std::string_view name) noexcept {
  return std::any_of(of_the_server.begin(), of_the_server.end(),
                     [name](std::string_view own) { return equal_without_case(own, name); });
}

bool is_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == 127; });
}

// As HTTP wants it, whatever the locale: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(Timestamp now) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT", days[std::chrono::weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text;
}

void add_line(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

bool has_length(int status) noexcept { return status != 204 && status != 304; }

}  // namespace

std::string problem_of(const Response& response) {
  if (response.status < 200 || response.status > 599) {
    return "a response has the status " + std::to_string(response.status) + ", which is not from 200 to 599";
  }
  for (const auto& [name, value] : response.headers.all()) {
    if (!detail::is_token(name)) return "a response has a header whose name is not allowed";
    if (!is_value(value)) return "a response's header " + name + " has a control character in it";
  }
  return {};
}

bool has_body(const Response& response, std::string_view method) noexcept {
  return method != "HEAD" && has_length(response.status) && !response.body.empty();
}

std::string head_of(const Response& response, Timestamp now, After after) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(reason.data(), reason.size()).append("\r\n");
  add_line(head, "Date", http_date(now));
  for (const auto& [name, value] : response.headers.all()) {
    if (!is_of_the_server(name)) add_line(head, name, value);
  }
  if (has_length(response.status)) add_line(head, "Content-Length", std::to_string(response.body.size()));
  if (after == After::close) add_line(head, "Connection", "close");
  if (after == After::keep_alive_1_0) add_line(head, "Connection", "keep-alive");
  return head.append("\r\n");
}

}  // namespace spark::http
