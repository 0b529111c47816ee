// The keys of a group as octets, which is what an aggregate finds its groups by: values that are equal (value.h) have
// the same octets, all NaN too, and nothing else has. What is written can be read back. Free functions.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/value.h"

namespace spark::detail {

// Each adds one key.
void append_key(std::string& out, const Value& value);
void append_key_null(std::string& out);
void append_key_integer(std::string& out, std::int64_t number);
void append_key_text(std::string& out, std::string_view text);

// The keys that were added, numbers as ints where an int equals them.
[[nodiscard]] std::vector<Value> read_keys(std::string_view octets);

// The order of keys, as aggregate.h has it.
[[nodiscard]] std::weak_ordering compare_keys(const Value& a, const Value& b);
[[nodiscard]] std::weak_ordering compare_keys(const std::vector<Value>& a, const std::vector<Value>& b);

// The beginning of the bucket that a time lies in, all in nanoseconds; the width is 1 or more. The bucket that would
// begin before the first moment there is begins with it.
[[nodiscard]] std::int64_t bucket_begin(std::int64_t time_ns, std::int64_t width_ns) noexcept;

}  // namespace spark::detail
