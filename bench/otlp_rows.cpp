// How many spans a second become OTLP, without sending them: batches of 512 spans of 187 bytes with four attributes, as
// the figures known of other libraries are; the encoder's state is committed each time, as a sink does. Processor time
// of the thread.
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/otlp/encoder.h"
#include "cpu_time.h"
#include "harness.h"
#include "spark/telemetry/batch.h"
#include "statistics.h"

namespace spark::bench {
namespace {

using detail::otlp::Encoder;
using detail::otlp::Encoding;
using detail::otlp::Requests;
using detail::otlp::Signal;

constexpr std::uint64_t spans_per_batch = 512;
constexpr std::uint64_t spans_per_trace = 10;

SpanView make_span(BatchBuilder& builder, std::uint64_t number) {
  constexpr std::int64_t start_ns = 1'736'935'200'000'000'000;
  const auto text = [](std::string_view value) { return ValueView(value); };
  const auto attributes = builder.attributes(4);
  attributes[0] = {"node_id", text("transform_1")};
  attributes[1] = {"node_type", text("TransformNode")};
  attributes[2] = {"item", ValueView(builder.copy("doc-1/section-" + std::to_string(1'000 + number)))};
  attributes[3] = {"input_size", ValueView(static_cast<std::int64_t>(4'096 + number))};
  SpanView span;
  span.trace_id = TraceId::make(1'736'935'200'000 + number / spans_per_trace, number / spans_per_trace, number);
  span.span_id = {0x0123'4567'89AB'0000 + number};
  span.parent_span_id = root_span_id(span.trace_id);
  span.start_ns = start_ns + static_cast<std::int64_t>(number) * 1'000;
  span.end_ns = span.start_ns + 500;
  span.name = "TransformNode";
  span.attributes = attributes;
  return span;
}

std::shared_ptr<const Batch> make_batch() {
  Resource resource{.service_name = "bench", .host_name = "host", .process_id = 42, .producer_id = 1};
  BatchBuilder builder(std::make_shared<const Resource>(std::move(resource)));
  for (std::uint64_t i = 0; i < spans_per_batch; ++i) builder.add(make_span(builder, i));
  return builder.build();
}

Result measure(const std::string& name, Encoding encoding, const Options& options) {
  const auto batch = make_batch();
  Encoder encoder({.encoding = encoding});
  const int rounds = options.quick ? 200 : 2'000;
  std::size_t bytes = 0;
  std::vector<double> per_second;
  for (int repetition = 0; repetition < 7; ++repetition) {
    const std::int64_t begin = thread_cpu_ns();
    std::size_t encoded_bytes = 0;
    for (int round = 0; round < rounds; ++round) {
      Requests requests = encoder.encode(*batch);
      encoder.commit();
      if (requests.item_count(Signal::traces) != spans_per_batch) throw std::runtime_error("a span was not encoded");
      encoded_bytes += requests.body(Signal::traces).size();
    }
    const double seconds = static_cast<double>(thread_cpu_ns() - begin) * 1e-9;
    per_second.push_back(static_cast<double>(spans_per_batch) * rounds / seconds);
    bytes = encoded_bytes / static_cast<std::size_t>(rounds);
  }
  Result result{.name = name, .value = median(per_second), .unit = "1/s"};
  result.better = Result::Better::higher;
  result.note = std::to_string(bytes / spans_per_batch) + " B a span";
  return result;
}

std::vector<Result> encoded_per_second(const Options& options) {
  Result protobuf = measure("otlp_encode_spans_per_s", Encoding::protobuf, options);
  protobuf.target = 6e6;
  return {protobuf, measure("otlp_encode_json_spans_per_s", Encoding::json, options)};
}

}  // namespace

void add_otlp_rows(std::vector<Row>& rows) {
  rows.push_back({{"otlp_encode_spans_per_s", "otlp_encode_json_spans_per_s"}, encoded_per_second});
}

}  // namespace spark::bench
