// The keywords of JSON Schema that this library understands, and what their values must be. Free functions without
// state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spark/base/value.h"

namespace spark::detail {

enum class SchemaWord {
  annotation,  // says nothing about right and wrong
  type,        // the name of a type, or several
  schema,
  schema_list,
  schema_map,
  values,     // of enum
  any_value,  // of const
  names,
  number,
  count,
  reference,
};

// Empty: not understood, and perhaps needed to tell right from wrong.
[[nodiscard]] std::optional<SchemaWord> schema_word(std::string_view keyword) noexcept;
[[nodiscard]] bool is_schema_type(std::string_view name) noexcept;
// What "#/$defs/NAME" refers to in the schema; null if there is no such thing.
[[nodiscard]] const Value* find_definition(const Object& root, std::string_view reference);
// The step of a JSON pointer (RFC 6901) to a member, at most 100 bytes of its name.
[[nodiscard]] std::string pointer_step(std::string_view name);

}  // namespace spark::detail
