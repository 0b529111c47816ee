// Finds the parts of a JSON object in its text, so that it can be cut between them. Only for what JsonWriter writes: it
// has no white space. Free functions; the views are of the text that was given.
#pragma once

#include <string_view>
#include <vector>

namespace spark::detail::otlp {

// What `before`, the parts with commas between them, and `after` make together is the object.
struct JsonParts {
  std::string_view before = {};
  std::vector<std::string_view> parts = {};
  std::string_view after = {};
  bool is_bad = false;  // it is no object, or has white space
};

// The elements of the array that the object has under `key`; if an object is there, that one. No parts: there is
// nothing.
[[nodiscard]] JsonParts json_parts(std::string_view object, std::string_view key);

}  // namespace spark::detail::otlp
