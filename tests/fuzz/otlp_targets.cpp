#include "fuzz/otlp_targets.h"

#include <cstdio>
#include <cstdlib>
#include <set>

#include "backends/otlp/distribution.h"
#include "ingest/otlp_decoder.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::testing {
namespace {

using detail::ingest::Decoded;
using detail::ingest::DecoderOptions;
using detail::ingest::OtlpDecoder;

void require(bool is_so, const char* what) {
  if (is_so) return;
  std::fprintf(stderr, "it does not hold that %s\n", what);
  std::abort();
}

// Small ones, so that they are reached.
DecoderOptions options() {
  DecoderOptions options;
  options.limits = {.attributes_per_record = 8, .key_bytes = 16, .string_bytes = 64, .depth = 3, .events_per_span = 4};
  options.records_per_batch = 5;
  options.resources = 4;
  options.series = 8;
  return options;
}

void check(AttributesView attributes, const DecoderOptions& options) {
  std::set<std::string_view> keys;
  for (const AttributeView& attribute : attributes) {
    require(is_storable_utf8(attribute.key), "keys are storable");
    require(keys.insert(attribute.key).second, "each key is there once");
    if (attribute.value.type() != ValueType::string) continue;
    require(is_storable_utf8(attribute.value.text()), "texts are storable");
    // A repaired text may be up to three times as long.
    require(attribute.value.text().size() <= 3 * options.limits.string_bytes, "texts are cut");
  }
  // Each text that was cut has its size beside it.
  require(attributes.size() <= 2 * options.limits.attributes_per_record, "attributes are limited");
  std::string json;
  append_json(json, attributes);
  require(parse_json(json).is_object(), "attributes are JSON");
}

void check(const Distribution& distribution) {
  require(detail::otlp::is_sound(distribution), "distributions are sound");
  std::uint64_t count = distribution.zero_count;
  for (const Distribution::Buckets* side : {&distribution.positive, &distribution.negative}) {
    require(side->counts.size() <= 160, "buckets are at most 160");
    for (const std::uint64_t of_bucket : side->counts) count += of_bucket;
  }
  require(distribution.count == count, "a distribution counts what its buckets hold");
  (void)distribution.quantile(0.5);
}

void check(const Batch& batch, const DecoderOptions& options) {
  for (const TraceView& trace : batch.traces()) {
    require(trace.trace_id.is_valid() && trace.start_ns <= trace.end_ns, "traces are sound");
    check(trace.attributes, options);
  }
  for (const SpanView& span : batch.spans()) {
    require(span.trace_id.is_valid() && span.span_id.is_valid(), "spans have ids");
    require(0 <= span.start_ns && span.start_ns <= span.end_ns, "spans have times in order");
    require(is_storable_utf8(span.name) && is_storable_utf8(span.status_message), "a span's texts are storable");
    require(span.events.size() <= options.limits.events_per_span, "span events are limited");
    check(span.attributes, options);
    for (const SpanEventView& event : span.events) {
      require(event.event_id.is_valid(), "span events have ids");
      check(event.attributes, options);
    }
  }
  for (const EventView& event : batch.events()) {
    require(event.event_id.is_valid(), "events have ids");
    check(event.attributes, options);
  }
  for (const MetricView& metric : batch.metrics()) {
    require(metric.metric_id.is_valid(), "metrics have ids");
    if (metric.aggregation_type == AggregationType::counter) require(metric.value >= 0, "increments are 0 or more");
    if (metric.distribution != nullptr) check(*metric.distribution);
    check(metric.attributes, options);
  }
}

}  // namespace

bool fuzz_otlp(detail::otlp::Signal signal, detail::otlp::Encoding encoding, std::string_view bytes) {
  static const DecoderOptions small = options();
  OtlpDecoder decoder(small);
  try {
    // Twice, because the second time cumulative series are known.
    for (int time = 0; time < 2; ++time) {
      const Decoded decoded = decoder.decode(signal, encoding, bytes, 1);
      require((decoded.rejected == 0) == decoded.message.empty(), "who refuses says why");
      require(is_storable_utf8(decoded.message), "the reason is storable");
      for (const auto& batch : decoded.batches) {
        require(!batch->empty(), "no batch is empty");
        check(*batch, small);
      }
    }
    return true;
  } catch (const Error& e) {
    require(e.code() == ErrorCode::invalid_argument, "what is no request is an invalid argument");
    return false;
  }
}

}  // namespace spark::testing
