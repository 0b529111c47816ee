// AttributeCondition decides whether a filter holds for attributes, be they an Object or the JSON text of one, as
// stores keep them. It is the one implementation of what attribute_filter.h promises, and all stores use it. Immutable,
// safe from any thread.
#pragma once

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

  AttributeFilter filter_;
  std::vector<std::string> quoted_path_;  // the keys as JSON has them
};

// A query's filters, all of which must hold. Throws Error(invalid_argument) for more than max_attribute_filters.
[[nodiscard]] std::vector<AttributeCondition> attribute_conditions(const std::vector<AttributeFilter>& filters);

}  // namespace spark::detail
