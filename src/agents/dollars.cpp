#include "spark/agents/dollars.h"

#include <charconv>
#include <limits>

#include "spark/base/error.h"

namespace spark {

namespace {

constexpr std::uint64_t pico_of_dollar = 1'000'000'000'000;
constexpr std::size_t most_digits = 12;  // behind the point

bool are_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Dollars Dollars::parse(std::string_view text) {
  const auto refuse = [text]() {
    return Error(ErrorCode::invalid_argument, "\"" + std::string(text.substr(0, 64)) +
                                                  "\" is no amount of dollars such as \"2.50\", with at most 12 digits "
                                                  "behind the point and up to 9 million");
  };
  const bool is_negative = text.starts_with('-');
  const std::string_view number = text.substr(is_negative ? 1 : 0);
  const std::size_t point = number.find('.');
  const std::string_view whole = number.substr(0, point);
  const std::string_view part = point == std::string_view::npos ? std::string_view("0") : number.substr(point + 1);
  if (!are_digits(whole) || !are_digits(part) || part.size() > most_digits) throw refuse();
  const std::string digits = std::string(whole) + std::string(part) + std::string(most_digits - part.size(), '0');
  std::int64_t pico = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pico);
  if (error != std::errc() || end != digits.data() + digits.size()) throw refuse();
  return from_pico(is_negative ? -pico : pico);
}

double Dollars::as_double() const noexcept {
  // A quotient of the two exact numbers would be rounded twice where the first has more than 53 bits.
  const std::string text = to_string();
  double value = 0;
  static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), value));
  return value;
}

std::string Dollars::to_string() const {
  const auto bits = static_cast<std::uint64_t>(pico_);
  const std::uint64_t size = pico_ < 0 ? 0 - bits : bits;
  std::string text = pico_ < 0 ? "-" : "";
  text += std::to_string(size / pico_of_dollar);
  const std::string part = std::to_string(size % pico_of_dollar);
  std::string digits = std::string(most_digits - part.size(), '0') + part;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (!digits.empty()) text.append(".").append(digits);
  return text;
}

Dollars& Dollars::operator+=(Dollars more) noexcept {
  using Limits = std::numeric_limits<std::int64_t>;
  if (__builtin_add_overflow(pico_, more.pico_, &pico_)) pico_ = more.pico_ < 0 ? Limits::min() : Limits::max();
  return *this;
}

}  // namespace spark
