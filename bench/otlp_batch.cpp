#include "otlp_batch.h"

#include <string>
#include <string_view>
#include <utility>

namespace spark::bench {
namespace {

constexpr std::uint64_t spans_of_a_trace = 10;

SpanView make_span(BatchBuilder& builder, std::uint64_t number) {
  constexpr std::int64_t start_ns = 1'736'935'200'000'000'000;
  const auto text = [](std::string_view value) { return ValueView(value); };
  const auto attributes = builder.attributes(4);
  attributes[0] = {"node_id", text("transform_1")};
  attributes[1] = {"node_type", text("TransformNode")};
  attributes[2] = {"item", ValueView(builder.copy("doc-1/section-" + std::to_string(1'000 + number)))};
  attributes[3] = {"input_size", ValueView(static_cast<std::int64_t>(4'096 + number))};
  SpanView span;
  span.trace_id = TraceId::make(1'736'935'200'000 + number / spans_of_a_trace, number / spans_of_a_trace, number);
  span.span_id = {0x0123'4567'89AB'0000 + number};
  span.parent_span_id = root_span_id(span.trace_id);
  span.start_ns = start_ns + static_cast<std::int64_t>(number) * 1'000;
  span.end_ns = span.start_ns + 500;
  span.name = "TransformNode";
  span.attributes = attributes;
  return span;
}

}  // namespace

std::shared_ptr<const Batch> make_otlp_batch(std::uint64_t spans, std::uint64_t first) {
  Resource resource{.service_name = "bench", .host_name = "host", .process_id = 42, .producer_id = 1};
  BatchBuilder builder(std::make_shared<const Resource>(std::move(resource)));
  for (std::uint64_t i = 0; i < spans; ++i) builder.add(make_span(builder, first + i));
  return builder.build();
}

}  // namespace spark::bench
