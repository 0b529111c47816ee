#include "graph/condition_term.h"

#include <algorithm>
#include <utility>

#include "graph/malformed.h"
#include "spark/base/error.h"
#include "spark/telemetry/attribute_filter.h"

namespace spark::detail {

namespace {

// Recurses no deeper than `limit`, whatever the value.
bool is_deeper(const Value& value, int limit) noexcept {
  if (value.is_array()) {
    const Array& array = value.as_array();
    return limit == 0 ||
           std::any_of(array.begin(), array.end(), [&](const Value& element) { return is_deeper(element, limit - 1); });
  }
  if (value.is_object()) {
    const Object& object = value.as_object();
    return limit == 0 || std::any_of(object.begin(), object.end(),
                                     [&](const Object::Member& member) { return is_deeper(member.value, limit - 1); });
  }
  return false;
}

Glob make_glob(const Value& pattern, std::string_view place) {
  const std::string& text = string_at(pattern, place);
  try {
    return Glob(text);
  } catch (const Error& error) {
    refuse(place, error.what());
  }
}

}  // namespace

std::optional<ConditionOp> condition_op(std::string_view name) noexcept {
  const auto found = std::find(condition_op_names.begin(), condition_op_names.end(), name);
  if (found == condition_op_names.end()) return std::nullopt;
  return static_cast<ConditionOp>(found - condition_op_names.begin());
}

std::string_view to_string(ConditionOp op) noexcept { return condition_op_names[static_cast<std::size_t>(op)]; }

std::vector<std::string> split_path(std::string_view path, std::string_view place) {
  std::vector<std::string> keys(1);
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '.') {
      if (keys.back().empty()) break;
      if (keys.size() == max_attribute_path) {
        refuse(place, "a path of more than " + std::to_string(max_attribute_path) + " keys");
      }
      keys.emplace_back();
      continue;
    }
    if (c == '\\') {
      c = i + 1 < path.size() ? path[++i] : '\0';
      if (c != '.' && c != '\\') refuse(place, quoted(path) + R"( has a backslash before neither "." nor "\")");
    }
    keys.back().push_back(c);
  }
  if (keys.back().empty()) {
    refuse(place, quoted(path) + R"( has an empty key; dots separate keys, and "\." is a dot of a key)");
  }
  return keys;
}

TermPtr make_comparison(std::string path, ConditionOp op, const Value& value, const ComparisonPlaces& places) {
  ConditionTerm term;
  term.kind = ConditionKind::comparison;
  term.op = op;
  term.keys = split_path(path, places.path);
  term.path = std::move(path);
  if (is_deeper(value, max_condition_value_depth)) {
    refuse(places.value, "nested deeper than " + std::to_string(max_condition_value_depth));
  }
  if (op == ConditionOp::matches) term.glob = make_glob(value, places.value);
  term.value = value;
  return std::make_shared<const ConditionTerm>(std::move(term));
}

TermPtr make_compound(ConditionKind kind, std::vector<TermPtr> parts, std::string_view place) {
  ConditionTerm term;
  term.kind = kind;
  for (const TermPtr& part : parts) {
    if (part != nullptr && part->kind == ConditionKind::otherwise) {
      refuse(place, "otherwise cannot be a part of another condition");
    }
    term.depth = std::max(term.depth, (part != nullptr ? part->depth : 1) + 1);
    term.terms += part != nullptr ? part->terms : 1;
  }
  if (term.depth > max_condition_depth) {
    refuse(place, "a condition nested deeper than " + std::to_string(max_condition_depth));
  }
  if (term.terms > max_condition_terms) {
    refuse(place, "a condition of more than " + std::to_string(max_condition_terms) + " terms");
  }
  term.parts = std::move(parts);
  return std::make_shared<const ConditionTerm>(std::move(term));
}

TermPtr make_callable(std::string name, ConditionFunction function, std::string_view place) {
  if (name.empty()) refuse(place, "the name is empty");
  if (!function) refuse(place, quoted(name) + " is an empty function");
  ConditionTerm term;
  term.kind = ConditionKind::callable;
  term.name = std::move(name);
  term.function = std::move(function);
  return std::make_shared<const ConditionTerm>(std::move(term));
}

}  // namespace spark::detail
