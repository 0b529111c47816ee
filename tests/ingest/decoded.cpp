#include "ingest/decoded.h"

#include <gtest/gtest.h>

#include "backends/records.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
std::string tag(std::uint32_t number, std::uint32_t type) { return varint(std::uint64_t{number} << 3 | type); }
std::string little_endian(std::uint64_t value, int octets) {
  std::string out;
  for (int i = 0; i < octets; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

std::string decoded(Signal signal, Encoding encoding, std::string_view body, const DecoderOptions& options) {
  return text(OtlpDecoder(options).decode(signal, encoding, body));
}

}  // namespace

std::string text(const Resource& resource) {
  return "resource " + resource.service_name + " " + resource.service_version + " " + resource.host_name + " " +
         std::to_string(resource.process_id) + " " + SpanId{resource.producer_id}.to_string() + " " +
         to_json(resource.metadata);
}

std::string text(const Decoded& decoded) {
  std::string lines;
  for (const auto& batch : decoded.batches) {
    lines += text(batch->resource()) + "\n";
    for (const TraceView& trace : batch->traces()) lines += "trace " + text(to_record(trace)) + "\n";
    for (const SpanView& span : batch->spans()) {
      lines += "span " + text(to_record(span)) + (span.is_local_root ? " local_root" : "") + "\n";
      for (const SpanEventView& event : span.events) lines += "  event " + text(to_record(span, event)) + "\n";
    }
    for (const EventView& event : batch->events()) lines += "event " + text(to_record(event)) + "\n";
    for (const MetricView& metric : batch->metrics()) {
      lines += "metric " + text(to_record(metric)) + (metric.is_self_metric ? " self" : "") + "\n";
    }
    for (const GraphDefinition& graph : batch->graphs()) lines += "graph " + text(graph) + "\n";
  }
  if (decoded.rejected != 0) lines += "rejected " + std::to_string(decoded.rejected) + ": " + decoded.message + "\n";
  return lines;
}

std::string decoded_json(Signal signal, std::string_view json, const DecoderOptions& options) {
  return decoded(signal, Encoding::json, json, options);
}
std::string decoded_protobuf(Signal signal, std::string_view body, const DecoderOptions& options) {
  return decoded(signal, Encoding::protobuf, body, options);
}

std::string refusal_of(Signal signal, Encoding encoding, std::string_view body) {
  try {
    const std::string text = decoded(signal, encoding, body, {});
    ADD_FAILURE() << "it was decoded:\n" << text;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::invalid_argument);
    return e.what();
  }
  return {};
}

std::string request_of(Signal signal, std::string_view items) {
  constexpr std::string_view names[][3] = {{"resourceSpans", "scopeSpans", "spans"},
                                           {"resourceMetrics", "scopeMetrics", "metrics"},
                                           {"resourceLogs", "scopeLogs", "logRecords"}};
  const auto& name = names[static_cast<std::size_t>(signal)];
  std::string json = "{";
  json.append("\"").append(name[0]).append("\":[{\"").append(name[1]).append("\":[{\"").append(name[2]);
  return json.append("\":[").append(items).append("]}]}]}");
}

std::string span_json(std::string_view members) {
  std::string json = R"({"traceId":"019469538a0070000000000000000001","spanId":"0000000000000002",)";
  json += R"("startTimeUnixNano":"1736935200000000000","endTimeUnixNano":"1736935200001000000")";
  return json.append(members.empty() ? "" : ",").append(members).append("}");
}

Object attributes_of_span(std::string_view attributes, const DecoderOptions& options) {
  std::string list;
  const Object members = parse_json("{" + std::string(attributes) + "}").as_object();
  for (const Object::Member& member : members) {
    list += (list.empty() ? "" : ",") + std::string("{\"key\":");
    append_json_string(list, member.key);
    list += ",\"value\":" + to_json(member.value) + "}";
  }
  const std::string request = request_of(Signal::traces, span_json("\"attributes\":[" + list + "]"));
  const Decoded decoded = OtlpDecoder(options).decode(Signal::traces, Encoding::json, request);
  EXPECT_EQ(decoded.message, "");
  return to_object(decoded.batches.at(0)->spans()[0].attributes);
}

std::string varint_field(std::uint32_t number, std::uint64_t value) { return tag(number, 0) + varint(value); }
std::string fixed64_field(std::uint32_t number, std::uint64_t value) {
  return tag(number, 1) + little_endian(value, 8);
}
std::string fixed32_field(std::uint32_t number, std::uint32_t value) {
  return tag(number, 5) + little_endian(value, 4);
}
std::string bytes_field(std::uint32_t number, std::string_view bytes) {
  return tag(number, 2) + varint(bytes.size()) + std::string(bytes);
}

}  // namespace spark::testing
