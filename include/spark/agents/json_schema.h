// JSON schemas (https://json-schema.org, draft 2020-12) as far as tools and structured answers need them: type, enum,
// const, properties, required, additionalProperties, items, anyOf, allOf, oneOf, minimum, maximum, exclusiveMinimum,
// exclusiveMaximum, minLength, maxLength, minItems, maxItems, and $ref to "#/$defs/…". Free functions without state.
#pragma once

#include <string>
#include <vector>

#include "spark/base/value.h"

namespace spark {

// Throws Error(invalid_argument), naming the place, for what is no schema, and for any keyword that is none of these
// ("pattern", "not", "maxLenght"). Annotations are passed over: title, description, default, examples, deprecated,
// readOnly, writeOnly, format, contentEncoding, contentMediaType, $schema, $id, $comment, definitions, and "x-…".
void check_schema(const Object& schema);

// What is wrong with the value, "/days must be at most 14": empty if nothing is; at most 10 faults. The schema is one
// that check_schema accepts. References that go round in a circle end with a fault.
[[nodiscard]] std::vector<std::string> schema_faults(const Object& schema, const Value& value);

}  // namespace spark
