// An independent reader of OTLP: field numbers, names and types are written down anew from opentelemetry-proto 1.11,
// not taken from the encoder. What it prints is the same for both encodings, in the order of the field numbers:
//
//   resource_spans{resource{attributes{service.name="shop"} …} scope_spans{… spans{trace_id=0194… name="a" kind=1 …}}}
//
// It is stricter than a server: fields that are unknown, of the wrong wire type, twice there although not repeated, or
// there although they have their default value are errors (std::runtime_error), and so is anything left over.
#pragma once

#include <string>
#include <string_view>

namespace spark::testing {

// `message` is for example "ExportTraceServiceRequest".
[[nodiscard]] std::string text_of_protobuf(std::string_view message, std::string_view bytes);
[[nodiscard]] std::string text_of_json(std::string_view message, std::string_view json);

// The parts of such a text that begin with `name` and a brace, one a line, without what surrounds them.
[[nodiscard]] std::string parts(std::string_view text, std::string_view name);

// "0a1b…" and back.
[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] std::string unhex(std::string_view digits);

}  // namespace spark::testing
