#include "apps/sparktel/commands/arguments.h"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

using std::chrono::nanoseconds;

constexpr std::string_view duration_form = "a number with a unit of ns, us, ms, s, m, h, d or w, for example 500ms";
constexpr std::string_view time_form =
    "a time ago such as 1h, a day such as 2026-01-15 or a UTC time such as 2026-01-15T10:00:00";
constexpr double longest_duration_ns = 290.0 * 365 * 24 * 3600 * 1e9;
constexpr std::size_t longest_quoted = 60;  // cells of a message

std::string quoted(std::string_view text) { return "\"" + fit(printable(text), longest_quoted) + "\""; }

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Error(ErrorCode::invalid_argument, quoted(text) + " " + std::string(why));
}

[[noreturn]] void refuse_time(std::string_view text) { refuse(text, "is no time: expected " + std::string(time_form)); }

struct TimeUnit {
  std::string_view name;
  double nanoseconds;
};
constexpr std::array<TimeUnit, 9> units{{{"ns", 1},
                                         {"us", 1e3},
                                         {"µs", 1e3},
                                         {"ms", 1e6},
                                         {"s", 1e9},
                                         {"m", 60e9},
                                         {"h", 3600e9},
                                         {"d", 86400e9},
                                         {"w", 604800e9}}};

// Nothing if it does not begin with a digit or does not end with a unit.
std::optional<nanoseconds> read_duration(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  // A sign, "inf" and "nan" are numbers to from_chars.
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const TimeUnit& unit : units) {
    if (unit.name != name) continue;
    const double count = number * unit.nanoseconds;
    if (count > longest_duration_ns) refuse(text, "is longer than 290 years");
    return nanoseconds(std::llround(count));
  }
  return std::nullopt;
}

// Takes exactly `digits` of them from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  if (text.front() == '-') return std::nullopt;  // "-0" is none either
  const auto [rest, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || rest != text.data() + digits) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Timestamp> take_date(std::string_view& text) {
  const std::optional<int> year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const std::optional<int> month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const std::optional<int> day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  // Nanoseconds since 1970 in 64 bits reach the years 1678 to 2261.
  if (!date.ok() || *year < 1700 || *year > 2200) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date));
}

// "10:00", "10:00:00", "10:00:00.25", since midnight.
std::optional<nanoseconds> take_time_of_day(std::string_view& text) {
  const std::optional<int> hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const std::optional<int> minute = take_number(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  nanoseconds result = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!take(text, ':')) return result;
  const std::optional<int> second = take_number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  result += std::chrono::seconds(*second);
  if (!take(text, '.')) return result;
  std::int64_t unit = 1'000'000'000;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9' && unit > 1) {
    unit /= 10;
    result += nanoseconds((text.front() - '0') * unit);
    text.remove_prefix(1);
  }
  return unit < 1'000'000'000 ? std::optional(result) : std::nullopt;
}

void skip_spaces(std::string_view& text) {
  while (take(text, ' ')) continue;
}

// From the opening quote to the closing one. Nothing if there is no closing one.
std::optional<std::string> take_quoted(std::string_view& text) {
  const char quote = text.front();
  std::string content;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) {
      text.remove_prefix(i + 1);
      return content;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    content += text[i];
  }
  return std::nullopt;
}

bool begins_quoted(std::string_view text) { return text.starts_with('\'') || text.starts_with('"'); }

// Up to an operator or the end.
std::vector<std::string> take_path(std::string_view& rest, std::string_view all) {
  std::vector<std::string> path;
  do {
    skip_spaces(rest);
    std::string key;
    if (begins_quoted(rest)) {
      const std::optional<std::string> content = take_quoted(rest);
      if (!content) refuse(all, "has a quote that is not closed");
      key = *content;
    } else {
      const std::string_view word = rest.substr(0, rest.find_first_of("/=!<>"));
      rest.remove_prefix(word.size());
      key = std::string(word.substr(0, word.find_last_not_of(' ') + 1));
      if (key.empty()) refuse(all, "lacks the name of an attribute: expected for example llm.cost or outputs/success");
    }
    path.push_back(std::move(key));
    skip_spaces(rest);
  } while (take(rest, '/'));
  if (path.size() > max_attribute_path) refuse(all, "goes into more objects than an attribute has");
  return path;
}

AttributeOp take_operator(std::string_view& rest, std::string_view all) {
  constexpr std::array<std::pair<std::string_view, AttributeOp>, 5> operators{{{"==", AttributeOp::equal},
                                                                               {"=", AttributeOp::equal},
                                                                               {"!=", AttributeOp::not_equal},
                                                                               {"<", AttributeOp::less},
                                                                               {">", AttributeOp::greater}}};
  for (const auto& [text, op] : operators) {
    if (!rest.starts_with(text)) continue;
    rest.remove_prefix(text.size());
    if (!rest.starts_with('=')) return op;
    break;
  }
  refuse(all, "has an operator that is not there: expected ==, !=, < or >");
}

Value parse_value(std::string_view rest, std::string_view all) {
  if (begins_quoted(rest)) {
    const std::optional<std::string> content = take_quoted(rest);
    if (!content) refuse(all, "has a quote that is not closed");
    skip_spaces(rest);
    if (!rest.empty()) refuse(all, "goes on behind its value");
    return *content;
  }
  rest = rest.substr(0, rest.find_last_not_of(' ') + 1);
  if (rest == "null") return nullptr;
  if (rest == "true") return true;
  if (rest == "false") return false;
  const char* const end = rest.data() + rest.size();
  std::int64_t integer = 0;
  if (const auto [stop, error] = std::from_chars(rest.data(), end, integer); error == std::errc() && stop == end) {
    return integer;
  }
  double number = 0;
  if (const auto [stop, error] = std::from_chars(rest.data(), end, number);
      error == std::errc() && stop == end && std::isfinite(number)) {
    return number;
  }
  if (rest.empty()) refuse(all, "lacks a value: expected a number, true, false, null or text in quotes");
  refuse(all, "has the value " + quoted(rest) + ": expected a number, true, false, null or text in quotes ('" +
                  fit(printable(rest), longest_quoted) + "')");
}

// What CLI11 turns into its message and exit code for wrong arguments.
void take_or_refuse(const TakeArgument& take_argument, const std::string& names, const std::string& text) {
  try {
    take_argument(text);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_argument) throw;
    throw CLI::ValidationError(names, error.what());
  }
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) {
  const std::optional<nanoseconds> duration = read_duration(text);
  if (!duration) refuse(text, "is no duration: expected " + std::string(duration_form));
  return *duration;
}

Timestamp parse_time(std::string_view text, Timestamp now) {
  if (text == "now") return now;
  if (const std::optional<nanoseconds> ago = read_duration(text)) {
    if (*ago > now.time_since_epoch() + std::chrono::days(365 * 200)) refuse(text, "ago is before all time");
    return now - *ago;
  }
  std::string_view rest = text;
  const std::optional<Timestamp> date = take_date(rest);
  if (!date) refuse_time(text);
  if (rest.empty()) return *date;
  if (!take(rest, 'T') && !take(rest, ' ')) refuse_time(text);
  const std::optional<nanoseconds> time_of_day = take_time_of_day(rest);
  if (!time_of_day) refuse_time(text);
  take(rest, 'Z');
  if (!rest.empty()) refuse_time(text);
  return *date + *time_of_day;
}

std::vector<std::string> parse_attribute_path(std::string_view text) {
  std::string_view rest = text;
  std::vector<std::string> path = take_path(rest, text);
  if (!rest.empty()) refuse(text, "is no attribute: expected its name alone, for example llm.cost or outputs/success");
  return path;
}

AttributeFilter parse_condition(std::string_view text) {
  std::string_view rest = text;
  AttributeFilter filter{take_path(rest, text), AttributeOp::exists, {}};
  if (rest.empty()) return filter;
  filter.op = take_operator(rest, text);
  skip_spaces(rest);
  filter.value = parse_value(rest, text);
  return filter;
}

CLI::Option* add_parsed_option(CLI::App& command, const std::string& names, TakeArgument take_argument,
                               const std::string& description) {
  return command.add_option_function<std::string>(
      names, [names, kept = std::move(take_argument)](const std::string& text) { take_or_refuse(kept, names, text); },
      description);
}

CLI::Option* add_repeated_option(CLI::App& command, const std::string& names, TakeArgument take_argument,
                                 const std::string& description) {
  // One value each time, or the option would swallow the file that follows it.
  return add_parsed_arguments(command, names, std::move(take_argument), description)
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
}

CLI::Option* add_parsed_arguments(CLI::App& command, const std::string& name, TakeArgument take_argument,
                                  const std::string& description) {
  return command.add_option_function<std::vector<std::string>>(
      name,
      [name, kept = std::move(take_argument)](const std::vector<std::string>& texts) {
        for (const std::string& text : texts) take_or_refuse(kept, name, text);
      },
      description);
}

}  // namespace spark::sparktel
