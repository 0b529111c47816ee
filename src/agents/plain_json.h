// JSON as other programs expect it: without the tags by which spark/base/json.h brings every Value back as it went. An
// object whose only member is "$ref" is written as that. A free function.
#pragma once

#include <string>

#include "spark/base/value.h"

namespace spark::agents {

// Appends. Bytes are written as base64. Throws Error(invalid_argument) for what JSON has no form of: NaN and
// infinities, and what is nested deeper than 64.
void append_plain_json(std::string& out, const Value& value);
void append_plain_json(std::string& out, const Object& object);

}  // namespace spark::agents
