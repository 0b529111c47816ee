// Condition::from_value.
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "graph/condition_term.h"
#include "graph/malformed.h"
#include "spark/graph/condition.h"

namespace spark {

namespace {

using detail::ConditionKind;
using detail::ConditionOp;
using detail::TermPtr;

// The first member found says what the object is.
constexpr std::array<std::string_view, 7> kinds = {"path", "all", "any", "not", "callable", "always", "otherwise"};

class ConditionParser {
 public:
  explicit ConditionParser(const ConditionCallables& callables) noexcept : callables_(callables) {}

  // `level` is that of the condition: 1 of the whole.
  TermPtr parse(const Value& value, const std::string& place, int level) {
    // Before anything of it is looked at: depth and number bound what hostile data can cost.
    if (level > max_condition_depth) {
      detail::refuse(place, "a condition nested deeper than " + std::to_string(max_condition_depth));
    }
    if (++terms_ > max_condition_terms) {
      detail::refuse(place, "a condition of more than " + std::to_string(max_condition_terms) + " terms");
    }
    const Object& object = detail::object_at(value, place);
    for (const std::string_view kind : kinds) {
      const Value* content = object.find(kind);
      if (content == nullptr) continue;
      if (kind == "path") return parse_comparison(object, place);
      detail::require_members(object, place, std::array{kind});
      return parse_kind(kind, *content, detail::member_place(place, kind), level);
    }
    detail::refuse(place, "an object without any of " + detail::joined(kinds));
  }

 private:
  TermPtr parse_kind(std::string_view kind, const Value& content, const std::string& place, int level) {
    if (kind == "all") return parse_parts(ConditionKind::all, content, place, level);
    if (kind == "any") return parse_parts(ConditionKind::any, content, place, level);
    if (kind == "not") {
      return detail::make_compound(ConditionKind::negation, {parse(content, place, level + 1)}, place);
    }
    if (kind == "callable") return find_callable(detail::string_at(content, place), place);
    if (!content.is_bool() || !content.as_bool()) detail::refuse(place, detail::shown(content) + " is not true");
    if (kind == "always") return nullptr;
    if (level > 1) detail::refuse(place, "otherwise cannot be a part of another condition");
    return std::make_shared<const detail::ConditionTerm>();
  }

  TermPtr parse_parts(ConditionKind kind, const Value& content, const std::string& place, int level) {
    const Array& array = detail::array_at(content, place);
    if (array.empty()) detail::refuse(place, "there must be one condition or more");
    std::vector<TermPtr> parts;
    for (std::size_t i = 0; i < array.size(); ++i) {
      parts.push_back(parse(array[i], detail::element_place(place, i), level + 1));
    }
    return detail::make_compound(kind, std::move(parts), place);
  }

  static TermPtr parse_comparison(const Object& object, const std::string& place) {
    constexpr std::array<std::string_view, 3> with_value = {"path", "op", "value"};
    const auto member = [&](std::string_view key) -> const Value& {
      if (const Value* value = object.find(key)) return *value;
      detail::refuse(place, "a comparison without " + std::string(key));
    };
    const std::string op_place = detail::member_place(place, "op");
    const std::string& op_name = detail::string_at(member("op"), op_place);
    const std::optional<ConditionOp> op = detail::condition_op(op_name);
    if (!op) {
      detail::refuse(op_place,
                     detail::quoted(op_name) + " is not one of " + detail::joined(detail::condition_op_names));
    }
    const std::span members = with_value;
    detail::require_members(object, place, op == ConditionOp::exists ? members.first(2) : members);
    const detail::ComparisonPlaces places{detail::member_place(place, "path"), detail::member_place(place, "value")};
    const Value none;
    const Value& value = op == ConditionOp::exists ? none : member("value");
    return detail::make_comparison(detail::string_at(member("path"), places.path), *op, value, places);
  }

  TermPtr find_callable(const std::string& name, const std::string& place) const {
    const auto found = callables_.find(name);
    if (found == callables_.end()) detail::refuse(place, "there is no callable " + detail::quoted(name));
    return detail::make_callable(name, found->second, place);
  }

  const ConditionCallables& callables_;
  std::size_t terms_ = 0;
};

}  // namespace

Condition Condition::from_value(const Value& value, const ConditionCallables& callables, std::string_view place) {
  if (value.is_null()) return always();
  return Condition(ConditionParser(callables).parse(value, std::string(place), 1));
}

}  // namespace spark
