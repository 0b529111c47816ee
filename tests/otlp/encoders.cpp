#include "otlp/encoders.h"

#include <gtest/gtest.h>

#include "backends/records.h"
#include "otlp/otlp_text.h"

namespace spark::testing {
namespace {

using detail::otlp::Encoding;
using detail::otlp::Requests;
using detail::otlp::Signal;

std::string text_of(const Requests& protobuf, const Requests& json, Signal signal, std::string_view message) {
  EXPECT_EQ(protobuf.body(signal).empty(), json.body(signal).empty());
  EXPECT_EQ(protobuf.items, json.items);
  EXPECT_EQ(protobuf.refused, json.refused);
  if (protobuf.body(signal).empty()) return {};
  const std::string text = text_of_protobuf(message, protobuf.body(signal));
  EXPECT_EQ(text, text_of_json(message, json.body(signal)));
  return text;
}

detail::otlp::EncoderOptions with(detail::otlp::EncoderOptions options, Encoding encoding) {
  options.encoding = encoding;
  return options;
}

}  // namespace

std::shared_ptr<const Batch> make_batch(const Fill& fill) { return make_batch(test_resource(), fill); }
std::shared_ptr<const Batch> make_batch(const Resource& resource, const Fill& fill) {
  BatchBuilder builder(std::make_shared<const Resource>(resource));
  fill(builder);
  return builder.build();
}

Encoders::Encoders(detail::otlp::EncoderOptions options)
    : protobuf(with(options, Encoding::protobuf)), json(with(options, Encoding::json)) {}

Encoded Encoders::encode(const Batch& batch) {
  Encoded encoded{.requests = protobuf.encode(batch)};
  const Requests as_json = json.encode(batch);
  encoded.traces = text_of(encoded.requests, as_json, Signal::traces, "ExportTraceServiceRequest");
  encoded.metrics = text_of(encoded.requests, as_json, Signal::metrics, "ExportMetricsServiceRequest");
  encoded.logs = text_of(encoded.requests, as_json, Signal::logs, "ExportLogsServiceRequest");
  return encoded;
}

void Encoders::commit() {
  protobuf.commit();
  json.commit();
}

Encoded Encoders::send(const Batch& batch) {
  Encoded encoded = encode(batch);
  commit();
  return encoded;
}

}  // namespace spark::testing
