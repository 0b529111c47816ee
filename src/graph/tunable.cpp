#include "spark/graph/tunable.h"

#include <algorithm>
#include <cmath>

#include "graph/malformed.h"

namespace spark {

namespace {

// A domain is printed with as many of its choices.
constexpr std::size_t most_shown_choices = 20;

bool domain_allows(const NumberBounds& range, const Value& value) noexcept {
  return value.is_number() && value >= Value(range.minimum) && value <= Value(range.maximum);
}
bool domain_allows(const IntegerBounds& range, const Value& value) noexcept {
  return value.is_int() && value.as_int() >= range.minimum && value.as_int() <= range.maximum;
}
bool domain_allows(const Choices& choices, const Value& value) noexcept {
  return std::find(choices.values.begin(), choices.values.end(), value) != choices.values.end();
}
bool domain_allows(const FreeText& text, const Value& value) noexcept {
  return value.is_string() && value.as_string().size() <= text.max_bytes;
}

std::string text_of(const NumberBounds& range) {
  return "a number from " + detail::shown(range.minimum) + " to " + detail::shown(range.maximum);
}
std::string text_of(const IntegerBounds& range) {
  return "a whole number from " + std::to_string(range.minimum) + " to " + std::to_string(range.maximum);
}
std::string text_of(const Choices& choices) {
  std::string result = "one of ";
  const std::size_t count = std::min(choices.values.size(), most_shown_choices);
  for (std::size_t i = 0; i < count; ++i) {
    result.append(i > 0 ? ", " : "").append(detail::shown(choices.values[i]));
  }
  if (count < choices.values.size()) {
    result.append(" and ").append(std::to_string(choices.values.size() - count)).append(" more");
  }
  return result;
}
std::string text_of(const FreeText& text) { return "a text of at most " + std::to_string(text.max_bytes) + " bytes"; }

void validate_domain(const NumberBounds& range, std::string_view place) {
  // Written so that NaN is refused too.
  if (std::isfinite(range.minimum) && std::isfinite(range.maximum) && range.minimum <= range.maximum) return;
  detail::refuse(place, text_of(range) + " is no range");
}
void validate_domain(const IntegerBounds& range, std::string_view place) {
  if (range.minimum > range.maximum) detail::refuse(place, text_of(range) + " is no range");
}
void validate_domain(const Choices& choices, std::string_view place) {
  const auto& values = choices.values;
  if (values.empty() || values.size() > max_tunable_choices) {
    detail::refuse(place,
                   std::to_string(values.size()) + " choices, allowed are 1 to " + std::to_string(max_tunable_choices));
  }
  for (auto value = values.begin(); value != values.end(); ++value) {
    // What does not even equal itself could never be chosen.
    if (!(*value == *value)) detail::refuse(place, detail::shown(*value) + " equals nothing and cannot be chosen");
    if (std::find(values.begin(), value, *value) != value) {
      detail::refuse(place, detail::shown(*value) + " is there twice");
    }
  }
}
void validate_domain(const FreeText&, std::string_view) {}

}  // namespace

bool allows(const TunableDomain& domain, const Value& value) noexcept {
  return std::visit([&](const auto& of_kind) { return domain_allows(of_kind, value); }, domain);
}

std::string to_string(const TunableDomain& domain) {
  return std::visit([](const auto& of_kind) { return text_of(of_kind); }, domain);
}

void validate(const Tunable& tunable, std::string_view place) {
  if (tunable.name.empty()) detail::refuse(place, "the name is empty");
  const std::string own_place = detail::member_place(place, tunable.name);
  std::visit([&](const auto& of_kind) { validate_domain(of_kind, own_place); }, tunable.domain);
  if (allows(tunable.domain, tunable.default_value)) return;
  detail::refuse_value(own_place + ".default_value", detail::shown(tunable.default_value), to_string(tunable.domain));
}

}  // namespace spark
