#include "sample_span.h"

namespace spark::bench {
namespace {

// Ids of its own and times are the sink's to check for being there and in order.
SpanView some_span(std::string_view name, TraceId trace, SpanId parent) noexcept {
  return {.trace_id = trace, .span_id = {1}, .parent_span_id = parent, .start_ns = 1, .end_ns = 3, .name = name};
}

}  // namespace

std::uint64_t SampleSpans::expected(const TelemetryContext& parent, std::uint64_t i) const noexcept {
  const auto number = static_cast<std::int64_t>(i);
  const std::array<AttributeView, 4> attributes = {{{"attempt", ValueView(number)},
                                                    {"node_type", ValueView(std::string_view("TransformNode"))},
                                                    {"score", ValueView(score(i))},
                                                    {"item", ValueView(std::string_view(text(i)))}}};
  const std::array<AttributeView, 1> event_attributes = {{{"offset", ValueView(number)}}};
  const std::array<SpanEventView, 1> events = {
      {{.event_id = {1, 1}, .time_ns = 2, .name = "checkpoint", .attributes = event_attributes}}};
  SpanView span = some_span("TransformNode", parent.trace_id(), parent.span_id());
  span.attributes = attributes;
  span.events = events;
  return checksum_of(span);
}

std::uint64_t expected_bare(std::string_view name, TraceId trace, SpanId parent, bool is_local_root) noexcept {
  SpanView span = some_span(name, trace, parent);
  span.is_local_root = is_local_root;
  return checksum_of(span);
}

void expect_samples(const SampleSpans& samples, const TelemetryContext& outer, std::uint64_t first, std::uint64_t count,
                    ChecksumTotals& totals) {
  for (std::uint64_t i = first; i != first + count; ++i) totals.span_checksum += samples.expected(outer, i);
  totals.spans += count;
  expect_outer(outer, totals);
}

void expect_outer(const TelemetryContext& outer, ChecksumTotals& totals) {
  totals.span_checksum += expected_bare("outer", outer.trace_id(), {}, true);
  ++totals.spans;
}

}  // namespace spark::bench
