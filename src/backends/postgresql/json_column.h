// Values as the text of a jsonb, and back. jsonb keeps numbers as decimals with their places behind the point, and
// forgets exponents: a double without a fraction is written out, "100000.0" instead of "1e+05", so that it comes back
// as a double. Where json.h has tagged objects this has the same ones. Free functions.
#pragma once

#include <string>
#include <string_view>

#include "spark/telemetry/batch.h"

namespace spark::detail::postgresql {

// Deeper than any Limits::depth.
inline constexpr int max_json_depth = 1'000;

void append_column_json(std::string& out, const Value& value);
void append_column_json(std::string& out, const Object& object);
void append_column_json(std::string& out, AttributesView attributes);

// Whether a column could hold it: no U+0000, and nothing that is not UTF-8, in any text of it.
[[nodiscard]] bool is_storable(std::string_view text) noexcept;
[[nodiscard]] bool is_storable(const Value& value) noexcept;
// The same with what is beyond ASCII escaped as in JSON, for a column that has another encoding.
[[nodiscard]] std::string in_ascii(std::string_view storable_text);
// NaN in it, at any depth, makes a value unequal to itself.
[[nodiscard]] bool holds_nan(const Value& value) noexcept;

}  // namespace spark::detail::postgresql
