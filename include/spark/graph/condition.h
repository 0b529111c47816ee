// A Condition decides by a node's outputs whether an edge is taken. It is a value that prints and serializes:
//
//   using spark::output;
//   load.on(output("score") >= 0.5 && !(output("kind") == "text"))
//
// A path is the keys from the outside in, with dots between them: output("user.age") is "age" of the object "user";
// elements of arrays have no path. `\.` is a dot of a key, `\\` a backslash; a key has one character or more. (It is
// not as with attribute(), whose names have dots of their own.)
//
// Comparison is that of attribute_filter.h: an int equals a double of exactly the same value, a bool never equals 1,
// arrays and objects compare as a whole. <, <=, > and >= hold between two numbers or two strings and between nothing
// else. NaN is never equal, less or greater; != holds for it, and for another type. Nothing holds for a path that leads
// to nothing, != included; a negation of it does: !(output("a") == 1) says "there is no a, or it is not 1".
//
// A tree is shared by the copies of a Condition and never changes: cheap to copy, safe from any thread. Building
// allocates.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "spark/base/value.h"

namespace spark {

namespace detail {
struct ConditionTerm;
}

// What a user's own code decides. It is called from any thread, several at a time.
using ConditionFunction = std::function<bool(const Object& outputs)>;
// By name, for what was serialized.
using ConditionCallables = std::map<std::string, ConditionFunction>;

// Bounds of a condition; more throw Error(invalid_argument). Levels: a comparison has one, and !, all and any add one
// (a && b && c has two); with them its JSON, inside a graph's, stays within the depth that parse_json takes by default.
inline constexpr int max_condition_depth = 20;
inline constexpr int max_condition_value_depth = 8;  // of arrays and objects in what is compared with
inline constexpr std::size_t max_condition_terms = 1'000;

class Condition {
 public:
  // always().
  Condition() noexcept = default;

  [[nodiscard]] static Condition always() noexcept { return {}; }
  // Of an edge that is taken if none of the other conditional edges of its node is. Never a part of another condition:
  // that throws Error(invalid_argument).
  [[nodiscard]] static Condition otherwise();
  // The name stands for the function where the condition is printed, serialized and compared. Throws
  // Error(invalid_argument) for an empty name or function.
  [[nodiscard]] static Condition callable(std::string name, ConditionFunction function);

  // What is false or true already decides: in `a && b`, b is not asked if a does not hold. Passes on what a callable
  // throws. True for otherwise(), of which only the node's other edges decide. Does not allocate.
  [[nodiscard]] bool holds(const Object& outputs) const;
  [[nodiscard]] bool is_always() const noexcept;
  [[nodiscard]] bool is_otherwise() const noexcept;

  // For people: score >= 0.5 and not (kind == "text"); has_room() of a callable.
  [[nodiscard]] std::string to_string() const;
  // {"path": "score", "op": ">=", "value": 0.5}, with op one of == != < <= > >= contains matches;
  // {"path": "score", "op": "exists"}; {"all": [...]}, {"any": [...]}, {"not": ...}; {"callable": name};
  // {"otherwise": true}; null for always(), which is {"always": true} inside of another condition.
  [[nodiscard]] Value to_value() const;
  // The inverse; {"always": true} is taken outside too. Throws Error(invalid_argument) for anything else, a callable
  // that is not there, and more than the bounds, naming the place: `condition.all[1].op: "=>" is not one of ==, …`.
  [[nodiscard]] static Condition from_value(const Value& value, const ConditionCallables& callables = {},
                                            std::string_view place = "condition");

  // Conditions of more levels or terms than the bounds throw Error(invalid_argument). Several && in a row are one
  // `all`, several || one `any`.
  [[nodiscard]] friend Condition operator&&(const Condition& a, const Condition& b) { return both(a, b); }
  [[nodiscard]] friend Condition operator||(const Condition& a, const Condition& b) { return either(a, b); }
  [[nodiscard]] friend Condition operator!(const Condition& condition) { return negation(condition); }

  // By to_value(): one that compares with NaN equals nothing, and callables are equal if their names are.
  friend bool operator==(const Condition& a, const Condition& b) { return a.to_value() == b.to_value(); }

 private:
  friend class OutputPath;
  using TermPtr = std::shared_ptr<const detail::ConditionTerm>;

  explicit Condition(TermPtr term) noexcept : term_(std::move(term)) {}
  static Condition both(const Condition& a, const Condition& b);
  static Condition either(const Condition& a, const Condition& b);
  static Condition negation(const Condition& condition);

  TermPtr term_;  // null: always
};

// A path that waits for what is asked of it. A value. What is compared with throws Error(invalid_argument) if it is
// nested deeper than max_condition_value_depth.
class OutputPath {
 public:
  // Throws Error(invalid_argument) for an empty key, a backslash before another character, and more keys than
  // max_attribute_path.
  explicit OutputPath(std::string_view path);

  // Also if it is null.
  [[nodiscard]] Condition exists() const;
  // The same as == true.
  [[nodiscard]] Condition is_true() const;
  // That a string has this in it, or an array an element that equals it.
  [[nodiscard]] Condition contains(Value value) const;
  // That it is a string which matches (glob.h). Throws Error(invalid_argument) for what is no glob.
  [[nodiscard]] Condition matches(std::string_view glob) const;

  [[nodiscard]] friend Condition operator==(const OutputPath& path, Value value) {
    return path.compare("==", std::move(value));
  }
  [[nodiscard]] friend Condition operator!=(const OutputPath& path, Value value) {
    return path.compare("!=", std::move(value));
  }
  [[nodiscard]] friend Condition operator<(const OutputPath& path, Value value) {
    return path.compare("<", std::move(value));
  }
  [[nodiscard]] friend Condition operator<=(const OutputPath& path, Value value) {
    return path.compare("<=", std::move(value));
  }
  [[nodiscard]] friend Condition operator>(const OutputPath& path, Value value) {
    return path.compare(">", std::move(value));
  }
  [[nodiscard]] friend Condition operator>=(const OutputPath& path, Value value) {
    return path.compare(">=", std::move(value));
  }

 private:
  [[nodiscard]] Condition compare(std::string_view op, Value value) const;

  std::string path_;
};

[[nodiscard]] inline OutputPath output(std::string_view path) { return OutputPath(path); }

}  // namespace spark
