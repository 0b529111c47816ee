#include "otlp/independent_decoder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "fakes/recording_sink.h"
#include "otlp/line_process.h"
#include "otlp/sender_fixture.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

// Objects inside of objects; a value of OTLP's is nested three times as deep as one of ours.
constexpr int deepest = 300;

const std::map<std::string_view, std::string_view> services = {
    {"traces", "trace.v1.TraceService"}, {"metrics", "metrics.v1.MetricsService"}, {"logs", "logs.v1.LogsService"}};
// The names of what is inside.
const std::map<std::string_view, std::array<const char*, 3>> envelopes = {
    {"traces", {"resourceSpans", "scopeSpans", "spans"}},
    {"metrics", {"resourceMetrics", "scopeMetrics", "metrics"}},
    {"logs", {"resourceLogs", "scopeLogs", "logRecords"}}};

bool is_digits(const Value& value, bool hex, std::size_t length = 0) {
  if (!value.is_string() || value.as_string().empty()) return false;
  const std::string& text = value.as_string();
  return (length == 0 || text.size() == length) && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
           return std::isdigit(c) != 0 || (hex && c >= 'a' && c <= 'f') || (!hex && c == '-');
         });
}

// What OTLP wants of JSON and protobuf's JSON does otherwise (opentelemetry-proto, "JSON Protobuf Encoding").
bool is_as_otlp_has_it(std::string_view key, const Value& value) {
  const auto is_any_of = [&](const std::initializer_list<std::string_view>& keys) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  if (key == "traceId") return is_digits(value, true, 32);
  if (is_any_of({"spanId", "parentSpanId"})) return is_digits(value, true, 16);
  if (is_any_of({"kind", "code", "aggregationTemporality"})) return value.is_int();
  if (is_any_of({"timeUnixNano", "startTimeUnixNano", "endTimeUnixNano", "observedTimeUnixNano", "intValue", "count",
                 "zeroCount"}))
    return is_digits(value, false);
  if (key == "bucketCounts")
    return std::all_of(value.as_array().begin(), value.as_array().end(),
                       [](const Value& count) { return is_digits(count, false); });
  return true;
}

void check_json(const Value& value) {
  if (value.is_array()) {
    for (const Value& element : value.as_array()) check_json(element);
  } else if (value.is_object()) {
    for (const Object::Member& member : value.as_object()) {
      EXPECT_TRUE(is_as_otlp_has_it(member.key, member.value)) << member.key << ": " << to_json(member.value);
      check_json(member.value);
    }
  }
}

struct SharedSink {
  std::unique_ptr<LineProcess> process;
  Object ports;
};
std::unique_ptr<SharedSink> shared;

}  // namespace

IndependentDecoder::IndependentDecoder() { clear_otlp_variables(); }
IndependentDecoder::~IndependentDecoder() { clear_otlp_variables(); }

void IndependentDecoder::SetUp() {
  const bool is_installed = *SPARK_NODE != '\0' && std::filesystem::exists(SPARK_JS "/installed");
  if (!is_installed && SPARK_JS_IS_REQUIRED)
    FAIL() << "OpenTelemetry's JavaScript packages are not installed; CTest's test js.install does that";
  if (!is_installed) GTEST_SKIP() << "no Node, or without OpenTelemetry's packages (CTest's test js.install)";
  if (shared == nullptr) {
    auto process = std::make_unique<LineProcess>(std::vector<std::string>{SPARK_NODE, SPARK_JS "/sink.mjs"});
    Object ports = parse_json(process->next_line()).as_object();
    shared = std::make_unique<SharedSink>(SharedSink{std::move(process), std::move(ports)});
  }
  port_ = shared->ports.at(GetParam() == OtlpProtocol::grpc ? "grpc" : "http").as_int();
}

void IndependentDecoder::TearDown() {
  if (shared == nullptr) return;
  shared->process->write_line("end");
  for (std::string line; (line = shared->process->next_line()) != R"({"echo":"end"})";)
    ADD_FAILURE() << "nobody asked for " << line;
}

void IndependentDecoder::TearDownTestSuite() { shared = nullptr; }

TelemetryConfig IndependentDecoder::config(OtlpOptions options) const {
  options.protocol = GetParam();
  options.timeout = fakes::patience;
  return TelemetryConfig::create_otlp("http://127.0.0.1:" + std::to_string(port_), {.otlp = std::move(options)});
}

std::unique_ptr<OtlpSink> IndependentDecoder::make_sink(OtlpOptions options) const {
  return std::make_unique<OtlpSink>(config(std::move(options)));
}

void IndependentDecoder::write(OtlpSink& sink, const Fill& fill) { sink.write(*make_batch(fill)); }

Object IndependentDecoder::next_message(std::string_view signal) {
  Object request = parse_json(shared->process->next_line(), deepest).as_object();
  const bool is_grpc = GetParam() == OtlpProtocol::grpc;
  EXPECT_EQ(request.at("wrong").as_string(), "");
  EXPECT_EQ(request.at("protocol").as_string(), to_string(GetParam()));
  EXPECT_EQ(request.at("path").as_string(),
            is_grpc ? "/opentelemetry.proto.collector." + std::string(services.at(signal)) + "/Export"
                    : "/v1/" + std::string(signal));
  last_encoding_ = request.at("encoding").as_string();
  if (GetParam() == OtlpProtocol::http_json) check_json(parse_json(request.at("body").as_string(), deepest));
  Value* const message = request.find("message");
  return message == nullptr ? Object{} : std::move(message->as_object());
}

Array IndependentDecoder::next_items(std::string_view signal) {
  const auto& [resources, scopes, items] = envelopes.at(signal);
  const Object message = next_message(signal);
  const Array& of_resource = message.at(resources).as_array();
  EXPECT_EQ(of_resource.size(), 1U);
  const Array& of_scope = of_resource.at(0).as_object().at(scopes).as_array();
  EXPECT_EQ(of_scope.size(), 1U);
  return of_scope.at(0).as_object().at(items).as_array();
}

void expect_json(const Value& actual, std::string_view expected) {
  EXPECT_EQ(to_pretty_json(actual), to_pretty_json(parse_json(expected, deepest)));
}

std::string protocol_name(const ::testing::TestParamInfo<OtlpProtocol>& info) {
  std::string name(to_string(info.param));
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

}  // namespace spark::testing
