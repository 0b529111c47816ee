// What a span is a run of: a node of a graph, or whatever has its name.
#pragma once

#include <string>
#include <string_view>

#include "spark/telemetry/records.h"

namespace spark::analysis::detail {

// Empty if the attribute is absent or no string. Valid as long as the span.
[[nodiscard]] inline std::string_view text_attribute(const Span& span, std::string_view key) {
  const Value* value = span.attributes.find(key);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
}

// Parts of a key are told apart by a byte that stores replace in text.
inline void append_key(std::string& key, std::string_view part) {
  key += part;
  key += '\0';
}

}  // namespace spark::analysis::detail
