#include "agents/retry_after.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace spark::agents {
namespace {

using namespace std::chrono_literals;

// RFC 9110's example.
constexpr Timestamp november_6 = std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 37s;

http::Headers headers_of(std::initializer_list<std::pair<const char*, const char*>> all) {
  http::Headers headers;
  for (const auto& [name, value] : all) headers.add(name, value);
  return headers;
}

TEST(RetryAfter, dates_of_http_have_three_forms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), november_6);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), november_6);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), november_6);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994"), november_6 + std::chrono::days(10));
}

TEST(RetryAfter, what_is_no_date_is_none) {
  for (const char* text :
       {"", "Sun", "Sun,", "Sun, 06 Nov 1994", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 9994 08:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT", "Sun Nov 06 08:49:37 199", "1994-11-06",
        "Sun, +6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37", "Sun, 06 Nov 1969 08:49:37 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, milliseconds_come_before_seconds) {
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", "3"}}), {}), 3s);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", "0.5"}}), {}), 500ms);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", "3"}, {"retry-after-ms", "250"}}), {}), 250ms);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", "3"}, {"retry-after-ms", "soon"}}), {}), 3s);
}

TEST(RetryAfter, a_date_is_compared_with_the_servers_own) {
  const char* const later = "Sun, 06 Nov 1994 08:50:37 GMT";
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", later}, {"Date", "Sun, 06 Nov 1994 08:50:07 GMT"}}), {}), 30s);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", later}}), november_6), 60s);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", later}, {"Date", "today"}}), november_6), 60s);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", later}}), november_6 + 1h), 0s);
}

TEST(RetryAfter, nothing_and_nonsense_ask_for_nothing) {
  EXPECT_EQ(retry_after(http::Headers(), {}), std::nullopt);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", ""}}), {}), std::nullopt);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", "nan"}}), {}), std::nullopt);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", "in a while"}}), {}), std::nullopt);
  EXPECT_EQ(retry_after(headers_of({{"Retry-After", "-5"}}), {}), 0s);
}

}  // namespace
}  // namespace spark::agents
