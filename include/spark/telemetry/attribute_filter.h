// What a query asks of attributes: attribute("llm.cost") > 0.01, attribute("outputs", "success") == true,
// attribute("retries").exists(). Plain values, checked when the query runs.
//
// Comparison is typed, as Value's: an int equals a double of exactly the same value, a bool never equals 1, strings
// compare by their bytes, arrays and objects as a whole. `less` and `greater` hold between two numbers or two strings
// and between nothing else. NaN is never equal, less or greater. `not_equal` holds if the attribute is there and
// `equal` does not, so also for NaN and for another type. Nothing holds for an attribute that is not there.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/base/value.h"

namespace spark {

enum class AttributeOp : std::uint8_t { equal, not_equal, less, greater, exists };

// "equal", "not_equal", "less", "greater", "exists". Static storage.
[[nodiscard]] std::string_view to_string(AttributeOp op) noexcept;

// Keys in a path, and filters in a query; more throw Error(invalid_argument).
inline constexpr std::size_t max_attribute_path = 128;
inline constexpr std::size_t max_attribute_filters = 64;

struct AttributeFilter {
  // Keys from the outside in, through objects only: elements of arrays have no path. A key is taken as it is, and a dot
  // is part of it. An empty path throws Error(invalid_argument); an empty key is a key.
  std::vector<std::string> path = {};
  AttributeOp op = AttributeOp::exists;
  Value value = {};  // means nothing to `exists`

  bool operator==(const AttributeFilter&) const = default;
};

// A path that waits for what it is to be compared with.
class AttributePath {
 public:
  explicit AttributePath(std::vector<std::string> keys) noexcept : keys_(std::move(keys)) {}

  [[nodiscard]] AttributeFilter exists() const { return {keys_, AttributeOp::exists, {}}; }
  [[nodiscard]] friend AttributeFilter operator==(const AttributePath& path, Value value) {
    return {path.keys_, AttributeOp::equal, std::move(value)};
  }
  [[nodiscard]] friend AttributeFilter operator!=(const AttributePath& path, Value value) {
    return {path.keys_, AttributeOp::not_equal, std::move(value)};
  }
  [[nodiscard]] friend AttributeFilter operator<(const AttributePath& path, Value value) {
    return {path.keys_, AttributeOp::less, std::move(value)};
  }
  [[nodiscard]] friend AttributeFilter operator>(const AttributePath& path, Value value) {
    return {path.keys_, AttributeOp::greater, std::move(value)};
  }

 private:
  std::vector<std::string> keys_;
};

// The attribute with this key, or within objects the one that several keys lead to.
template <std::convertible_to<std::string_view>... Keys>
[[nodiscard]] AttributePath attribute(const Keys&... keys) {
  std::vector<std::string> path;
  path.reserve(sizeof...(keys));
  (path.emplace_back(std::string_view(keys)), ...);
  return AttributePath(std::move(path));
}

}  // namespace spark
