// The types that parameters of tools may have: what a model is told of each, and how a value becomes one. Private to
// spark.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "spark/base/value.h"

namespace spark::detail {

template <class T>
struct ToolType : std::false_type {};

// The same, but that models are not told of limits which they need not know.
enum class SchemaFor { model, check };

// What is asked for, and how a value that is of the schema for the check becomes a T.
struct ToolTypeWithoutNull : std::true_type {
  static constexpr bool is_optional = false;
};

template <>
struct ToolType<bool> : ToolTypeWithoutNull {
  static Object schema(SchemaFor) { return {{"type", "boolean"}}; }
  static bool from(const Value& value) { return value.as_bool(); }
};

template <std::integral T>
struct ToolType<T> : ToolTypeWithoutNull {
  using Limits = std::numeric_limits<T>;
  static Object schema(SchemaFor reader) {
    Object result{{"type", "integer"}};
    // Those of the usual types would say nothing to a model that it does not know.
    if (std::is_unsigned_v<T>) result.set("minimum", 0);
    if (sizeof(T) < sizeof(int) || reader == SchemaFor::check) {
      result.set("minimum", Limits::min());
      // Rounded up, the largest of 64 bits would not fit.
      result.set("maximum",
                 std::in_range<std::int64_t>(Limits::max()) ? Value(Limits::max()) : Value(0x1.fffffffffffffp63));
    }
    return result;
  }
  static T from(const Value& value) {
    return value.is_int() ? static_cast<T>(value.as_int()) : static_cast<T>(value.as_double());
  }
};

template <std::floating_point T>
struct ToolType<T> : ToolTypeWithoutNull {
  static Object schema(SchemaFor reader) {
    Object result{{"type", "number"}};
    if (sizeof(T) < sizeof(double) && reader == SchemaFor::check) {
      result.set("minimum", std::numeric_limits<T>::lowest());
      result.set("maximum", std::numeric_limits<T>::max());
    }
    return result;
  }
  static T from(const Value& value) { return static_cast<T>(value.as_double()); }
};

template <>
struct ToolType<std::string> : ToolTypeWithoutNull {
  static Object schema(SchemaFor) { return {{"type", "string"}}; }
  static std::string from(const Value& value) { return value.as_string(); }
};

template <>
struct ToolType<Value> : ToolTypeWithoutNull {
  static Object schema(SchemaFor) { return {}; }
  static Value from(const Value& value) { return value; }
};

template <>
struct ToolType<Object> : ToolTypeWithoutNull {
  static Object schema(SchemaFor) { return {{"type", "object"}}; }
  static Object from(const Value& value) { return value.as_object(); }
};

template <class T>
requires(ToolType<T>::value && !ToolType<T>::is_optional) struct ToolType<std::vector<T>> : ToolTypeWithoutNull {
  static Object schema(SchemaFor reader) { return {{"type", "array"}, {"items", ToolType<T>::schema(reader)}}; }
  static std::vector<T> from(const Value& value) {
    std::vector<T> result;
    result.reserve(value.as_array().size());
    for (const Value& element : value.as_array()) result.push_back(ToolType<T>::from(element));
    return result;
  }
};

template <class T>
requires(ToolType<T>::value && !ToolType<T>::is_optional) struct ToolType<std::optional<T>> : std::true_type {
  static constexpr bool is_optional = true;
  static Object schema(SchemaFor reader) { return ToolType<T>::schema(reader); }
  static std::optional<T> from(const Value& value) { return ToolType<T>::from(value); }
};

template <class T>
inline constexpr bool is_tool_parameter = ToolType<std::remove_cvref_t<T>>::value &&
                                          (!std::is_lvalue_reference_v<T> ||
                                           std::is_const_v<std::remove_reference_t<T>>)&&!std::is_rvalue_reference_v<T>;

}  // namespace spark::detail
