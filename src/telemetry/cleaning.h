// What happens to a record's content before any sink sees it: texts become storable UTF-8, and the redactor
// has its say. Free functions without state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "spark/base/value.h"
#include "spark/telemetry/config.h"

namespace spark::detail {

// Replaces U+0000 and what is not UTF-8 by U+FFFD, in a value's texts and keys at any depth. Return how many
// texts had to be repaired; the keys of one object count as one.
std::uint64_t repair(std::string& text);
std::uint64_t repair(Value& value);

// Gives the redactor each scalar of a value, with its path. Throws what the redactor throws.
void redact(const Redactor& redactor, std::string_view path, Value& value);

// The same for one text that is no attribute; what becomes another type becomes empty.
void redact_text(const Redactor& redactor, std::string_view path, std::string& text);

// Both, for each member; one that the redactor throws at is left out. Null: no redactor.
[[nodiscard]] Object cleaned(const Object& object, const Redactor* redactor);

}  // namespace spark::detail
