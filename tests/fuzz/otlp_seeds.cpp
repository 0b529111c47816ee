#include "fuzz/otlp_seeds.h"

#include <memory>

#include "backends/otlp/encoder.h"
#include "ingest/json_to_protobuf.h"
#include "otlp/random_records.h"

namespace spark::testing {
namespace {

using detail::otlp::Encoder;
using detail::otlp::Encoding;
using detail::otlp::Signal;

constexpr std::string_view foreign_spans = R"({"resourceSpans":[{"resource":{"attributes":[
  {"key":"service.name","value":{"stringValue":"orders"}},{"key":"process.pid","value":{"intValue":"17"}}]},
  "scopeSpans":[{"scope":{"name":"lib","version":"1","attributes":[{"key":"t","value":{"boolValue":true}}]},
  "spans":[{"traceId":"019469538a0070000000000000000001","spanId":"0000000000000002","traceState":"a=b",
  "parentSpanId":"0000000000000003","name":"chat","kind":3,"startTimeUnixNano":"5","endTimeUnixNano":"9",
  "attributes":[{"key":"llm.model_name","value":{"stringValue":"gpt"}},{"key":"llm.token_count.total","value":
  {"intValue":12}},{"key":"llm.token_count.prompt","value":{"intValue":7}},{"key":"a","value":{"arrayValue":{"values":[
  {"kvlistValue":{"values":[{"key":"k","value":{"doubleValue":0.5}}]}},{"bytesValue":"aGk="}]}}}],
  "droppedAttributesCount":1,"events":[{"timeUnixNano":"6","name":"e","attributes":[{"key":"x","value":{}}]}],
  "links":[{"traceId":"019469538a0070000000000000000001","spanId":"0000000000000003","traceState":"c=d",
  "attributes":[{"key":"x","value":{"intValue":1}}]}],"status":{"code":2,"message":"bad"},"flags":769}]}]}]})";

constexpr std::string_view foreign_metrics = R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[
  {"name":"c","unit":"1","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[{"startTimeUnixNano":"1",
  "timeUnixNano":"2","asInt":"5","attributes":[{"key":"a","value":{"intValue":1}}],"exemplars":[{"asDouble":1,
  "traceId":"019469538a0070000000000000000001","spanId":"0000000000000003","timeUnixNano":"2"}]}]}},
  {"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"2","asDouble":"NaN"},{"flags":1}]}},
  {"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"2","count":"9","sum":12.5,
  "bucketCounts":["1","5","3"],"explicitBounds":[-1,2.5],"min":-3,"max":9}]}},
  {"name":"x","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{"timeUnixNano":"2","count":"4",
  "scale":20,"zeroCount":"1","positive":{"offset":3,"bucketCounts":["1","2"]},"negative":{"offset":-3,
  "bucketCounts":["1"]}}]}},{"name":"s","summary":{"dataPoints":[{"timeUnixNano":"2","count":"4","sum":3,
  "quantileValues":[{"quantile":0.5,"value":1}]}]}}]}]}]})";

constexpr std::string_view foreign_logs = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1",
  "severityNumber":9,"severityText":"INFO","body":{"stringValue":"hello"},"attributes":[{"key":"a","value":
  {"stringValue":"b"}}],"traceId":"019469538a0070000000000000000001","spanId":"0000000000000003"},{"eventName":"login",
  "observedTimeUnixNano":"3","body":{"kvlistValue":{"values":[]}}}]}]}]})";

void add_both(std::vector<OtlpSeed>& seeds, Signal signal, std::string_view json) {
  seeds.push_back({signal, Encoding::json, std::string(json)});
  seeds.push_back({signal, Encoding::protobuf, detail::ingest::json_to_protobuf(signal, json)});
}

}  // namespace

std::vector<OtlpSeed> otlp_seeds() {
  std::vector<OtlpSeed> seeds;
  add_both(seeds, Signal::traces, foreign_spans);
  add_both(seeds, Signal::metrics, foreign_metrics);
  add_both(seeds, Signal::logs, foreign_logs);
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    RandomRecords records(seed);
    BatchBuilder builder(std::make_shared<const Resource>(test_resource()));
    records.fill(builder);
    const auto batch = builder.build();
    for (const Encoding encoding : {Encoding::protobuf, Encoding::json}) {
      auto requests = Encoder({.encoding = encoding}).encode(*batch);
      for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
        if (!requests.body(signal).empty()) seeds.push_back({signal, encoding, std::move(requests.body(signal))});
      }
    }
  }
  return seeds;
}

}  // namespace spark::testing
