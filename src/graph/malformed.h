// Errors about data that somebody wrote: a place in it, such as nodes[3].policy.timeout, and what is wrong there.
// Shared by all in graph/ that is made of Values. Free functions without state; the texts are bounded and printable
// whatever the data holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "spark/base/value.h"

namespace spark::detail {

// Throws Error(invalid_argument): "<place>: <what>".
[[noreturn]] void refuse(std::string_view place, std::string_view what);
// Throws "<place> is <value>, allowed is <allowed>".
[[noreturn]] void refuse_value(std::string_view place, std::string_view value, std::string_view allowed);

// Throws unless lowest <= value <= highest; so for NaN too.
void require_range(std::string_view place, double value, double lowest, double highest);
void require_range(std::string_view place, std::int64_t value, std::int64_t lowest, std::int64_t highest);

// In quotation marks and escaped as JSON, shortened if it is long.
[[nodiscard]] std::string quoted(std::string_view text);
// A value as an error shows it; what may be large or deep by its type only.
[[nodiscard]] std::string shown(const Value& value);
[[nodiscard]] std::string shown(double value);
// "a, b, c".
[[nodiscard]] std::string joined(std::span<const std::string_view> names);

// The place of a member: "place.key".
[[nodiscard]] std::string member_place(std::string_view place, std::string_view key);
[[nodiscard]] std::string element_place(std::string_view place, std::size_t index);

// What is at the place, if it is of that type; else it throws.
[[nodiscard]] const Object& object_at(const Value& value, std::string_view place);
[[nodiscard]] const Array& array_at(const Value& value, std::string_view place);
[[nodiscard]] const std::string& string_at(const Value& value, std::string_view place);
[[nodiscard]] std::int64_t int_at(const Value& value, std::string_view place);
[[nodiscard]] double number_at(const Value& value, std::string_view place);

// Throws for the first member that is not one of these, naming it and them.
void require_members(const Object& object, std::string_view place, std::span<const std::string_view> known);

}  // namespace spark::detail
