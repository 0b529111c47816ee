// JSON text of Values and back. What JSON lacks is a tagged object with one member, so that every Value comes back as
// it went: {"$double": "NaN" | "Infinity" | "-Infinity"}, {"$bytes": base64}; a user's own object whose only key begins
// with "$" is wrapped as {"$object": …}. A double is always written with a point or an exponent, an int never, which
// keeps the two apart. Free functions without state, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "spark/base/value.h"

namespace spark {

// Appends; compact, members in key order, doubles in their shortest exact form (std::to_chars). Text that is not UTF-8
// is written with U+FFFD in place of what is wrong.
void append_json(std::string& out, const Value& value);
void append_json(std::string& out, const Object& object);
// The quoted and escaped form of one string.
void append_json_string(std::string& out, std::string_view text);
// The form of one double as described above.
void append_json_double(std::string& out, double value);

[[nodiscard]] std::string to_json(const Value& value);
[[nodiscard]] std::string to_json(const Object& object);
// Indented by two spaces, for people.
[[nodiscard]] std::string to_pretty_json(const Value& value);

// Throws Error(invalid_argument) with the offset and what was wrong. Depth is limited to max_depth (0: no nesting).
[[nodiscard]] Value parse_json(std::string_view text, int max_depth = 64);

}  // namespace spark
