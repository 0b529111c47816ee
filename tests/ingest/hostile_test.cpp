// Bodies that are no requests, or made to do harm: refused, with what is wrong and where.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ingest/decoded.h"
#include "spark/base/error.h"
#include "spark/telemetry/batch.h"

namespace spark {
namespace {

using detail::ingest::OtlpDecoder;
using detail::otlp::Encoding;
using detail::otlp::Signal;
using testing::bytes_field;
using testing::fixed64_field;
using testing::refusal_of;
using testing::request_of;
using testing::span_json;
using testing::varint_field;

std::string protobuf_refusal(std::string_view body) { return refusal_of(Signal::traces, Encoding::protobuf, body); }
std::string json_refusal(std::string_view body) { return refusal_of(Signal::traces, Encoding::json, body); }

std::string span_body(const std::string& more) {
  const std::string trace_id(16, '\1'), span_id(8, '\2');
  const std::string span = bytes_field(1, trace_id) + bytes_field(2, span_id) + more;
  return bytes_field(1, bytes_field(2, bytes_field(2, span)));
}

TEST(HostileProtobuf, what_is_longer_than_what_is_left_is_refused_with_its_place) {
  EXPECT_EQ(protobuf_refusal("\x0A\x05\x12"),
            "cannot decode an ExportTraceServiceRequest: something is longer than what is left");
  const std::string body = span_body("\x2A\x7F");
  EXPECT_EQ(protobuf_refusal(body),
            "cannot decode an ExportTraceServiceRequest: resourceSpans[0].scopeSpans[0].spans[0], at byte 6: "
            "something is longer than what is left");
}

TEST(HostileProtobuf, groups_field_0_and_endless_varints_are_refused) {
  EXPECT_NE(protobuf_refusal("\x0B\x0C"), "");                  // a group
  EXPECT_NE(protobuf_refusal(std::string("\x00\x01", 2)), "");  // field 0
  EXPECT_NE(protobuf_refusal(std::string(20, '\xFF')), "");     // a tag that does not end
  EXPECT_NE(protobuf_refusal("\x0E"), "");                      // wire type 6
}

// A metric whose sum ends with this is_monotonic, in a place of its own, so that a read beyond its end is seen.
std::vector<char> sum_body(const std::string& is_monotonic) {
  const std::string point = bytes_field(1, fixed64_field(3, 1) + fixed64_field(6, 5));
  const std::string sum = point + varint_field(2, 1) + is_monotonic;
  const std::string body = bytes_field(1, bytes_field(2, bytes_field(2, bytes_field(7, sum))));
  return {body.begin(), body.end()};
}

TEST(HostileProtobuf, a_bool_without_a_value_is_refused) {
  const std::vector<char> body = sum_body(varint_field(3, 1).substr(0, 1));
  EXPECT_EQ(refusal_of(Signal::metrics, Encoding::protobuf, {body.data(), body.size()}),
            "cannot decode an ExportMetricsServiceRequest: resourceMetrics[0].scopeMetrics[0].metrics[0], at byte 6: "
            "something is longer than what is left");
}

TEST(HostileProtobuf, a_bool_is_what_all_its_bytes_say) {
  const auto type_of = [](const std::string& is_monotonic) {
    const std::vector<char> body = sum_body(is_monotonic);
    const auto decoded = OtlpDecoder().decode(Signal::metrics, Encoding::protobuf, {body.data(), body.size()});
    return decoded.batches.at(0)->metrics()[0].aggregation_type;
  };
  EXPECT_EQ(type_of(varint_field(3, 1)), AggregationType::counter);
  EXPECT_EQ(type_of(varint_field(3, 1 << 7)), AggregationType::counter);
  EXPECT_EQ(type_of(varint_field(3, 0)), AggregationType::gauge);
  EXPECT_EQ(type_of(std::string("\x18\x80\x00", 3)), AggregationType::gauge);  // a 0 of two bytes
}

TEST(HostileProtobuf, fields_of_another_wire_type_are_as_good_as_unknown) {
  const std::string body = span_body(varint_field(5, 1) + fixed64_field(9, 1) + bytes_field(7, "12345678") +
                                     bytes_field(6, "x") + varint_field(11, 3));
  const auto decoded = OtlpDecoder().decode(Signal::traces, Encoding::protobuf, body);
  EXPECT_EQ(decoded.items, 1u);
  EXPECT_EQ(decoded.rejected, 0u);
}

TEST(HostileProtobuf, what_is_nested_100_000_deep_is_refused) {
  // From the inside: AnyValue{array_value{values: …}}, each a little longer than the last; only the lengths are there.
  for (const int depth : {40, 60, 100'000}) {
    std::vector<std::size_t> sizes;
    const auto varint_size = [](std::size_t value) {
      std::size_t size = 1;
      for (; value >= 0x80; value >>= 7) ++size;
      return size;
    };
    std::size_t size = 0;
    for (int i = 0; i < 2 * depth; ++i) {
      sizes.push_back(size);
      size += 1 + varint_size(size);
    }
    std::string value;
    for (std::size_t i = sizes.size(); i > 0; --i) {
      const std::uint32_t field = i % 2 == 0 ? 5 : 1;  // array_value, values
      value += bytes_field(field, std::string(0, 'x')).substr(0, 1);
      std::size_t left = sizes[i - 1];
      for (; left >= 0x80; left >>= 7) value.push_back(static_cast<char>(left | 0x80));
      value.push_back(static_cast<char>(left));
    }
    const std::string body = span_body(bytes_field(9, bytes_field(1, "k") + bytes_field(2, value)));
    if (depth == 40) {
      EXPECT_EQ(OtlpDecoder().decode(Signal::traces, Encoding::protobuf, body).cuts.values_cut, 1u);
    } else {
      EXPECT_NE(protobuf_refusal(body).find("nested deeper than 100 messages"), std::string::npos);
    }
  }
}

TEST(HostileProtobuf, a_request_of_nothing_is_one) {
  for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
    const auto decoded = OtlpDecoder().decode(signal, Encoding::protobuf, "");
    EXPECT_TRUE(decoded.batches.empty());
    EXPECT_EQ(decoded.rejected, 0u);
  }
}

// Many attributes with keys that differ, or do not: the time is in proportion, or this would not end.
TEST(HostileProtobuf, half_a_million_attributes_are_read_in_one_pass) {
  std::string many;
  for (int i = 0; i < 500'000; ++i) many += bytes_field(9, bytes_field(1, "k" + std::to_string(i)));
  detail::ingest::DecoderOptions options;
  options.limits.attributes_per_record = 10'000;
  const auto decoded = OtlpDecoder(options).decode(Signal::traces, Encoding::protobuf, span_body(many));
  EXPECT_EQ(decoded.batches.at(0)->spans()[0].attributes.size(), 10'000u);
  EXPECT_EQ(decoded.cuts.attributes_dropped, 490'000u);
}

// The worst that was found, for each: what the header promises holds.
TEST(HostileProtobuf, memory_is_in_proportion_to_the_body) {
  const auto times = [](Signal signal, const std::string& body) {
    const auto decoded = OtlpDecoder().decode(signal, Encoding::protobuf, body);
    std::size_t bytes = 0;
    for (const auto& batch : decoded.batches) bytes += batch->size_bytes();
    return bytes / body.size();
  };
  const auto repeated = [](const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  const auto logs = [](const std::string& records) { return bytes_field(1, bytes_field(2, records)); };
  EXPECT_LE(times(Signal::logs, logs(repeated(bytes_field(2, ""), 100'000))), 150u);
  const std::string nulls = bytes_field(6, bytes_field(2, bytes_field(5, repeated(bytes_field(1, ""), 128))));
  EXPECT_LE(times(Signal::logs, logs(repeated(bytes_field(2, nulls), 1'000))), 150u);
  EXPECT_LE(times(Signal::traces, span_body(repeated(bytes_field(11, ""), 100'000))), 150u);
  const std::string scope = bytes_field(1, bytes_field(1, std::string(8'000, 'x')));
  EXPECT_LE(times(Signal::logs, bytes_field(1, bytes_field(2, scope + repeated(bytes_field(2, ""), 10'000)))), 150u);
  const auto metric = [&](std::uint32_t kind, const std::string& point) {
    const std::string name(8'000, 'n');
    const std::string data = repeated(bytes_field(1, point), 10'000) + varint_field(2, 1);
    return bytes_field(1, bytes_field(2, bytes_field(2, bytes_field(1, name) + bytes_field(kind, data))));
  };
  EXPECT_LE(times(Signal::metrics, metric(5, fixed64_field(4, 0))), 150u);
  EXPECT_LE(times(Signal::metrics, metric(11, "")), 250u);
}

TEST(HostileJson, what_is_no_json_or_no_request_is_refused_with_its_place) {
  EXPECT_EQ(json_refusal("").substr(0, 40), "cannot decode OTLP/JSON: at offset 0: in");
  EXPECT_EQ(json_refusal("{} {}"), "cannot decode OTLP/JSON: at offset 3: something follows the request");
  EXPECT_EQ(json_refusal("[]").substr(38), "the request is no object");
  EXPECT_NE(json_refusal("5").find("the request is no object"), std::string::npos);
  EXPECT_NE(json_refusal(R"({"resourceSpans":{}})").find("resourceSpans: no array"), std::string::npos);
  EXPECT_NE(json_refusal(R"({"resourceSpans":[[]]})").find("resourceSpans: an array"), std::string::npos);
  EXPECT_NE(json_refusal(R"({"resourceSpans":[1]})").find("resourceSpans: not of the type"), std::string::npos);
  const auto span = [](std::string_view member) { return request_of(Signal::traces, span_json(member)); };
  EXPECT_NE(json_refusal(span(R"("name":[])")).find("name: an array"), std::string::npos);
  EXPECT_NE(json_refusal(span(R"("name":{})")).find("name: an object instead of a scalar"), std::string::npos);
  EXPECT_NE(json_refusal(span(R"("name":5)")).find("name: not of the type"), std::string::npos);
  EXPECT_NE(json_refusal(span(R"("traceId":"xyz1")")).find("traceId: not of the type"), std::string::npos);
  EXPECT_NE(json_refusal(span(R"("kind":"SPAN_KIND_OTHER")")).find("kind: not of the type"), std::string::npos);
  EXPECT_NE(json_refusal(span(R"("endTimeUnixNano":"-1")")).find("endTimeUnixNano: not of"), std::string::npos);
  EXPECT_NE(json_refusal(span(R"("endTimeUnixNano":18446744073709551616)")).find("endTimeUnixNano: not"),
            std::string::npos);
  EXPECT_NE(json_refusal(span(R"("droppedAttributesCount":1.5)")).find("droppedAttributesCount: not"),
            std::string::npos);
}

TEST(HostileJson, what_is_nested_100_000_deep_is_refused_wherever_it_is) {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_NE(json_refusal(deep), "");
  EXPECT_NE(json_refusal(R"({"unknown":)" + deep + "}").find("nested deeper than 256"), std::string::npos);
  std::string value = R"({"intValue":1})";
  for (int i = 0; i < 60; ++i) value = R"({"arrayValue":{"values":[)" + value + "]}}";
  const std::string body = request_of(Signal::traces, span_json(R"("attributes":[{"key":"k","value":)" + value + "}]"));
  EXPECT_NE(json_refusal(body).find("nested deeper than 100 messages"), std::string::npos);
}

TEST(LenientJson, what_sdks_write_beyond_the_letter_is_understood) {
  const std::string strict = request_of(
      Signal::traces,
      R"({"traceId":"019469538a0070000000000000000001","spanId":"0000000000000002","kind":3,"name":"a","flags":1,
          "startTimeUnixNano":"1736935200000000000","endTimeUnixNano":"1736935200001000000","status":{"code":2},
          "attributes":[{"key":"b","value":{"bytesValue":"-_8="}}]})");
  const std::string loose =
      R"({"resource_spans":[{"schemaUrl":"x","unknown":{"a":[1,{"b":null}],"c":"\u0041"},"resource":null,
          "scope_spans":[{"scope":{},"spans":[{"trace_id":"019469538A0070000000000000000001",
          "span_id":"0000000000000002","kind":"SPAN_KIND_CLIENT","name":"\u0061","flags":1.0e0,"links":null,
          "start_time_unix_nano":1736935200000000000,"end_time_unix_nano":1736935200001000000,
          "status":{"code":"STATUS_CODE_ERROR","message":null},"spans":5,
          "attributes":[{"key":"b","value":{"bytes_value":"+/8"}}]}]}]}]} )";
  EXPECT_EQ(testing::decoded_json(Signal::traces, loose), testing::decoded_json(Signal::traces, strict));
  EXPECT_NE(testing::decoded_json(Signal::traces, strict).find(R"({"$bytes":"+/8="})"), std::string::npos);
}

}  // namespace
}  // namespace spark
