// OTLP/JSON as the protobuf message that it stands for, so that one decoder reads both. (opentelemetry-proto,
// docs/specification.md, "JSON Protobuf Encoding".)
//
// Takes what SDKs write beyond the letter: names in snake_case, enumerators by name, 64-bit integers as numbers, `null`
// for a NaN, base64 of either alphabet with or without padding. Unknown members are skipped. Text that is no UTF-8
// passes, for the decoder to repair.
#pragma once

#include <string>
#include <string_view>

#include "backends/otlp/signal.h"

namespace spark::detail::ingest {

// Takes memory in proportion to the text: at most five bytes for each. Throws Error(invalid_argument) with the offset
// and the member, for what is no JSON, nested deeper than 256, or not of the type that the member has.
[[nodiscard]] std::string json_to_protobuf(otlp::Signal signal, std::string_view json);

}  // namespace spark::detail::ingest
