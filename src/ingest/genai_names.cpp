#include "ingest/genai_names.h"

#include <cmath>
#include <optional>

namespace spark::detail::ingest {
namespace {

// As a number of 0 or more.
std::optional<double> amount(const AttributeList& attributes, std::string_view key) {
  const ValueView* const value = attributes.find(key);
  if (value == nullptr) return std::nullopt;
  const bool is_integer = value->type() == ValueType::integer;
  if (!is_integer && value->type() != ValueType::number) return std::nullopt;
  const double number = is_integer ? static_cast<double>(value->integer()) : value->number();
  return std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

void add_cost(AttributeList& attributes, std::size_t limit) {
  if (attributes.find(ours::cost) != nullptr) return;
  double sum = 0;
  bool is_known = false;
  for (const std::string_view part : foreign::costs) {
    const std::optional<double> dollars = amount(attributes, part);
    sum += dollars.value_or(0);
    is_known |= dollars.has_value();
  }
  if (is_known) attributes.add(ours::cost, ValueView(sum), limit);
}

// A total and one of its two parts say the other.
void add_tokens(AttributeList& attributes, std::size_t limit) {
  const std::optional<double> input = amount(attributes, ours::input_tokens);
  const std::optional<double> output = amount(attributes, ours::output_tokens);
  if (input.has_value() == output.has_value()) return;
  for (const std::string_view key : foreign::total_tokens) {
    const std::optional<double> total = amount(attributes, key);
    const double known = input ? *input : output.value_or(0);
    constexpr double limit_of_integers = 9e15;
    if (!total || *total < known || *total > limit_of_integers) continue;
    const auto rest = static_cast<std::int64_t>(*total - known);
    attributes.add(input ? ours::output_tokens : ours::input_tokens, ValueView(rest), limit);
    return;
  }
}

void add_operation(AttributeList& attributes, std::size_t limit) {
  if (attributes.find(ours::operation) != nullptr) return;
  for (const std::string_view key :
       {foreign::openinference_kind, foreign::traceloop_kind, foreign::traceloop_request}) {
    const ValueView* const kind = attributes.find(key);
    if (kind == nullptr || kind->type() != ValueType::string) continue;
    for (const GenaiName& name : genai_operations) {
      if (kind->text() == name.theirs) return attributes.add(ours::operation, ValueView(name.ours), limit);
    }
  }
}

}  // namespace

void normalize_genai(AttributeList& attributes, std::size_t limit) {
  for (const GenaiName& name : genai_names) {
    const ValueView* const value = attributes.find(name.theirs);
    if (value != nullptr) attributes.add(name.ours, *value, limit);
  }
  add_cost(attributes, limit);
  add_tokens(attributes, limit);
  add_operation(attributes, limit);
}

}  // namespace spark::detail::ingest
