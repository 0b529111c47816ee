// ConditionTerm is what a Condition's tree is made of, checked when it is made. Immutable once it is shared. A null
// TermPtr is `always`, so that unconditional edges allocate nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/glob.h"
#include "spark/base/value.h"
#include "spark/graph/condition.h"

namespace spark::detail {

enum class ConditionKind : std::uint8_t { comparison, all, any, negation, callable, otherwise };

enum class ConditionOp : std::uint8_t { equal, not_equal, less, at_most, greater, at_least, exists, contains, matches };
// As JSON has them, by ConditionOp.
inline constexpr std::array<std::string_view, 9> condition_op_names = {"==", "!=",     "<",        "<=",     ">",
                                                                       ">=", "exists", "contains", "matches"};
// Nothing for a name that is none.
[[nodiscard]] std::optional<ConditionOp> condition_op(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(ConditionOp op) noexcept;

using TermPtr = std::shared_ptr<const ConditionTerm>;

struct ConditionTerm {
  ConditionKind kind = ConditionKind::otherwise;
  int depth = 1;
  std::size_t terms = 1;

  // Of a comparison.
  std::string path = {};
  std::vector<std::string> keys = {};
  ConditionOp op = ConditionOp::exists;
  Value value = {};                 // null of `exists`
  std::optional<Glob> glob = {};    // of `matches`
  std::vector<TermPtr> parts = {};  // of all, any and negation
  std::string name = {};            // of a callable
  ConditionFunction function = {};
};

// Where a part of a condition was written, for errors.
struct ComparisonPlaces {
  std::string path;
  std::string value;
};

// All throw Error(invalid_argument) with the place for what conditions may not be.
[[nodiscard]] std::vector<std::string> split_path(std::string_view path, std::string_view place);
[[nodiscard]] TermPtr make_comparison(std::string path, ConditionOp op, const Value& value,
                                      const ComparisonPlaces& places);
[[nodiscard]] TermPtr make_compound(ConditionKind kind, std::vector<TermPtr> parts, std::string_view place);
[[nodiscard]] TermPtr make_callable(std::string name, ConditionFunction function, std::string_view place);

}  // namespace spark::detail
