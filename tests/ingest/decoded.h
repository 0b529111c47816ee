// What a request becomes, as text: one line a record, as tests of stores print them (backends/records.h), in the order
// of the batches; and short ways to make requests.
#pragma once

#include <string>
#include <string_view>

#include "ingest/otlp_decoder.h"

namespace spark::testing {

using detail::ingest::Decoded;
using detail::ingest::DecoderOptions;
using detail::ingest::OtlpDecoder;
using detail::otlp::Encoding;
using detail::otlp::Signal;

// "resource …", then traces, spans (followed by their events), events, metrics, graphs; last "rejected 1: why".
[[nodiscard]] std::string text(const Decoded& decoded);
[[nodiscard]] std::string text(const Resource& resource);

// Of one request, decoded by itself. JSON is decoded by way of protobuf, so both decoders are looked at.
[[nodiscard]] std::string decoded_json(Signal signal, std::string_view json, const DecoderOptions& options = {});
[[nodiscard]] std::string decoded_protobuf(Signal signal, std::string_view body, const DecoderOptions& options = {});
// The message of the Error that it must throw.
[[nodiscard]] std::string refusal_of(Signal signal, Encoding encoding, std::string_view body);

// A request with one resource and one scope without names: `items` are JSON objects with commas between them.
[[nodiscard]] std::string request_of(Signal signal, std::string_view items);
// A span of trace T1 with times 0 to 1 ms, and `members` besides.
[[nodiscard]] std::string span_json(std::string_view members = {});
// Its attributes alone, as decoded: `attributes` are members of an object, {"key": AnyValue}.
[[nodiscard]] Object attributes_of_span(std::string_view attributes, const DecoderOptions& options = {});

// Protobuf by hand: one field.
[[nodiscard]] std::string varint_field(std::uint32_t number, std::uint64_t value);
[[nodiscard]] std::string fixed64_field(std::uint32_t number, std::uint64_t value);
[[nodiscard]] std::string fixed32_field(std::uint32_t number, std::uint32_t value);
[[nodiscard]] std::string bytes_field(std::uint32_t number, std::string_view bytes);

}  // namespace spark::testing
