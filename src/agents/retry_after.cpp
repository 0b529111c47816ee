#include "agents/retry_after.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace spark::agents {

namespace {

// Takes a text apart from its front; after something that was not there, everything fails.
class DateReader {
 public:
  explicit DateReader(std::string_view text) noexcept : text_(text) {}

  void literal(std::string_view what) noexcept {
    if (!text_.starts_with(what)) return fail();
    text_.remove_prefix(what.size());
  }
  // Of so many digits; `padding`: a blank may stand for the first one.
  int number(std::size_t digits, bool padding = false) noexcept {
    std::string_view part = text_.substr(0, digits);
    text_.remove_prefix(part.size());
    if (padding && part.starts_with(' ')) part.remove_prefix(1);
    int value = 0;
    const auto result = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || result.ptr != part.data() + part.size() || value < 0) fail();
    return value;
  }
  unsigned month() noexcept {
    constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const std::size_t at = text_.size() < 3 ? std::string_view::npos : names.find(text_.substr(0, 3));
    if (at == std::string_view::npos || at % 3 != 0) {
      fail();
      return 1;
    }
    text_.remove_prefix(3);
    return static_cast<unsigned>(at / 3 + 1);
  }
  std::chrono::seconds time() noexcept {
    const int hours = number(2);
    literal(":");
    const int minutes = number(2);
    literal(":");
    const int seconds = number(2);
    if (hours > 23 || minutes > 59 || seconds > 60) fail();
    return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
  }
  [[nodiscard]] bool is_done() const noexcept { return !has_failed_ && text_.empty(); }

 private:
  void fail() noexcept {
    has_failed_ = true;
    text_ = {};
  }

  std::string_view text_;
  bool has_failed_ = false;
};

std::optional<double> number_of(std::string_view text) noexcept {
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<Timestamp> parse_http_date(std::string_view text) {
  const std::size_t comma = text.find(',');
  int year = 0, day = 0;
  unsigned month = 0;
  std::chrono::seconds time{0};
  DateReader reader(comma == std::string_view::npos ? text : text.substr(comma + 1));
  if (comma == std::string_view::npos) {  // "Sun Nov  6 08:49:37 1994"
    constexpr std::size_t weekday_and_blank = 4;
    reader = DateReader(text.substr(std::min(text.size(), weekday_and_blank)));
    month = reader.month();
    reader.literal(" ");
    day = reader.number(2, true);
    reader.literal(" ");
    time = reader.time();
    reader.literal(" ");
    year = reader.number(4);
  } else if (comma == 3) {  // "Sun, 06 Nov 1994 08:49:37 GMT"
    reader.literal(" ");
    day = reader.number(2);
    reader.literal(" ");
    month = reader.month();
    reader.literal(" ");
    year = reader.number(4);
    reader.literal(" ");
    time = reader.time();
    reader.literal(" GMT");
  } else {  // "Sunday, 06-Nov-94 08:49:37 GMT"
    reader.literal(" ");
    day = reader.number(2);
    reader.literal("-");
    month = reader.month();
    reader.literal("-");
    year = reader.number(2);
    year += year < 70 ? 2000 : 1900;
    reader.literal(" ");
    time = reader.time();
    reader.literal(" GMT");
  }
  const auto date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(static_cast<unsigned>(day));
  // What is beyond does not fit into 64 bits of nanoseconds.
  const bool fits = year >= 1970 && year < 2262;
  if (!reader.is_done() || !date.ok() || !fits) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date)) + time;
}

std::optional<Seconds> retry_after(const http::Headers& headers, Timestamp now) {
  if (const auto text = headers.find("retry-after-ms")) {
    if (const auto milliseconds = number_of(*text); milliseconds && *milliseconds >= 0) {
      return Seconds(*milliseconds / 1'000);
    }
  }
  const auto text = headers.find("Retry-After");
  if (!text) return std::nullopt;
  if (const auto seconds = number_of(*text)) return Seconds(std::max(*seconds, 0.0));
  const auto until = parse_http_date(*text);
  if (!until) return std::nullopt;
  const auto date = headers.find("Date");
  const std::optional<Timestamp> there = date ? parse_http_date(*date) : std::nullopt;
  return std::max(Seconds(*until - there.value_or(now)), Seconds(0));
}

}  // namespace spark::agents
