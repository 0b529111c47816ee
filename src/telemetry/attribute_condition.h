// AttributeCondition decides whether a filter holds for attributes, be they an Object or the JSON text of one, as
// stores keep them. It is the one implementation of what attribute_filter.h promises, and all stores use it. Immutable,
// safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/telemetry/attribute_filter.h"

namespace spark::detail {

// What the keys (one or more) lead to through objects; null if that is not there. It lives as long as the attributes
// are not changed.
[[nodiscard]] const Value* find_attribute(const Object& attributes, const std::vector<std::string>& path) noexcept;
// Whether an attribute that is there compares so.
[[nodiscard]] bool attribute_holds(const Value& actual, AttributeOp op, const Value& wanted) noexcept;

// What a path leads to, in an Object or in the JSON text of one. Immutable, safe from any thread.
class AttributeReader {
 public:
  // Throws Error(invalid_argument) for a path that is empty or too long.
  explicit AttributeReader(std::vector<std::string> path);

  // As find_attribute.
  [[nodiscard]] const Value* find(const Object& attributes) const noexcept { return find_attribute(attributes, path_); }
  // Of what append_json wrote of an Object. Looks for the path in the text and takes only what it leads to apart.
  // Throws Error(invalid_argument) where the text is not JSON.
  [[nodiscard]] std::optional<Value> find_in_json(std::string_view json) const;

 private:
  friend class AttributeCondition;

  enum class Search : std::uint8_t { absent, found, tagged };
  // The text of what the path leads to, if it is found.
  [[nodiscard]] Search locate(std::string_view json, std::string_view& text) const;

  std::vector<std::string> path_;
  std::vector<std::string> quoted_path_;  // the keys as JSON has them
};

class AttributeCondition {
 public:
  // Throws Error(invalid_argument) for a path that is empty or too long.
  explicit AttributeCondition(AttributeFilter filter);

  [[nodiscard]] bool holds(const Object& attributes) const noexcept;
  // Of what append_json wrote of an Object. Looks for the path in the text and takes only what it leads to apart:
  // nothing is allocated for what is passed by. Throws Error(invalid_argument) where the text is not JSON.
  [[nodiscard]] bool holds_in_json(std::string_view json) const;

 private:
  [[nodiscard]] bool holds_for_text(std::string_view actual) const noexcept;
  [[nodiscard]] bool holds_for_json(std::string_view json) const;

  AttributeReader reader_;
  AttributeOp op_;
  Value value_;
};

// A query's filters, all of which must hold. Throws Error(invalid_argument) for more than max_attribute_filters.
[[nodiscard]] std::vector<AttributeCondition> attribute_conditions(const std::vector<AttributeFilter>& filters);

}  // namespace spark::detail
