#include "backends/otlp/encoder.h"

#include <algorithm>
#include <limits>

#include "backends/otlp/json_writer.h"
#include "backends/otlp/log_message.h"
#include "backends/otlp/metric_message.h"
#include "backends/otlp/protobuf_writer.h"
#include "backends/otlp/resource.h"
#include "backends/otlp/span_message.h"
#include "spark/base/error.h"

namespace spark::detail::otlp {
namespace {

// When a batch's latest record was made: batches hold no time of their own.
std::int64_t latest_time(const Batch& batch) noexcept {
  std::int64_t latest = 0;
  for (const TraceView& trace : batch.traces()) latest = std::max(latest, trace.is_end ? trace.end_ns : trace.start_ns);
  for (const SpanView& span : batch.spans()) latest = std::max(latest, span.end_ns);
  for (const EventView& event : batch.events()) latest = std::max(latest, event.time_ns);
  for (const MetricView& metric : batch.metrics()) latest = std::max(latest, metric.time_ns);
  return latest;
}

template <class Writer>
void write_spans(Writer& writer, const Batch& batch, const std::vector<const TraceView*>& traces) {
  write_request(writer, trace_envelope, batch.resource(), [&] {
    for (const SpanView& span : batch.spans()) {
      if (is_sendable(span)) writer.element(trace_envelope.items, [&] { write_span(writer, span); });
    }
    for (const TraceView* trace : traces) {
      writer.element(trace_envelope.items, [&] { write_trace_as_span(writer, *trace); });
    }
  });
}

template <class Writer>
void write_metrics(Writer& writer, const Batch& batch, const Collected& collected, WireTemporality temporality) {
  write_request(writer, metric_envelope, batch.resource(), [&] {
    for (const Metrics* metrics : collected.metrics) {
      writer.element(metric_envelope.items, [&] { write_metric(writer, *metrics, temporality); });
    }
  });
}

template <class Writer>
void write_logs(Writer& writer, const Batch& batch, const std::vector<const TraceView*>& traces,
                std::int64_t graphs_observed_ns) {
  write_request(writer, log_envelope, batch.resource(), [&] {
    for (const EventView& event : batch.events()) {
      writer.element(log_envelope.items, [&] { write_event(writer, event); });
    }
    for (const TraceView* trace : traces) {
      writer.element(log_envelope.items, [&] { write_trace_as_log(writer, *trace); });
    }
    for (const GraphDefinition& graph : batch.graphs()) {
      writer.element(log_envelope.items, [&] { write_graph(writer, graph, graphs_observed_ns); });
    }
  });
}

}  // namespace

Encoder::Encoder(const EncoderOptions& options)
    : options_(options),
      metrics_({.temporality = options.temporality,
                .series_per_metric = options.series_per_metric,
                .series = options.series,
                .metrics = options.metrics,
                .start_ns = options.start_ns}) {}

Requests Encoder::encode(const Batch& batch) {
  Requests requests;
  const RootSpans::Ended ended = root_spans_.note(batch);
  const Collected collected = metrics_.collect(batch);

  const auto is_unsendable = [](const SpanView& span) { return !is_sendable(span); };
  const auto spans = batch.spans();
  const auto unsendable = static_cast<std::uint64_t>(std::count_if(spans.begin(), spans.end(), is_unsendable));
  const auto refused = [&](RecordKind kind) -> std::uint64_t& {
    return requests.refused_by_kind[static_cast<std::size_t>(kind)];
  };
  refused(RecordKind::span) = unsendable;
  refused(RecordKind::metric) = collected.refused;
  refused(RecordKind::self_metric) = collected.refused_self_metrics;
  requests.refused = unsendable + collected.refused + collected.refused_self_metrics;

  requests.item_count(Signal::traces) = spans.size() - unsendable + ended.unclaimed.size();
  if (requests.item_count(Signal::traces) != 0) {
    requests.body(Signal::traces) =
        render(Signal::traces, [&](auto& writer) { write_spans(writer, batch, ended.unclaimed); });
  }
  requests.item_count(Signal::metrics) = collected.points;
  if (collected.points != 0) {
    const bool is_cumulative = options_.temporality == Temporality::cumulative;
    const auto temporality = is_cumulative ? WireTemporality::cumulative : WireTemporality::delta;
    requests.body(Signal::metrics) =
        render(Signal::metrics, [&](auto& writer) { write_metrics(writer, batch, collected, temporality); });
  }
  requests.item_count(Signal::logs) = batch.events().size() + ended.claimed.size() + batch.graphs().size();
  if (requests.item_count(Signal::logs) != 0) {
    const std::int64_t observed_ns = batch.graphs().empty() ? 0 : latest_time(batch);
    requests.body(Signal::logs) =
        render(Signal::logs, [&](auto& writer) { write_logs(writer, batch, ended.claimed, observed_ns); });
  }
  return requests;
}

template <class Description>
std::string Encoder::render(Signal signal, const Description& describe) {
  std::string body;
  if (options_.encoding == Encoding::json) {
    // Batches are often alike; to grow a large text costs more than to write it.
    std::size_t& last_size = json_sizes_[static_cast<std::size_t>(signal)];
    body.reserve(last_size + last_size / 8);
    JsonWriter writer(body);
    writer.root([&] { describe(writer); });
    last_size = body.size();
    return body;
  }
  ProtobufWriter sizer{SizeCount(sizes_)};
  describe(sizer);
  const std::size_t size = sizer.out().size();
  if (size > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    throw Error(ErrorCode::invalid_argument,
                "cannot encode a batch for OTLP: " + std::to_string(size) + " bytes; a message has at most 2 GiB");
  }
  body.resize(size);
  ProtobufWriter writer{ByteCursor(body.data(), sizes_)};
  describe(writer);
  return body;
}

void Encoder::commit(Signal signal) noexcept {
  if (signal == Signal::traces) root_spans_.commit();
  if (signal == Signal::metrics) metrics_.commit();
}

void Encoder::commit() noexcept {
  commit(Signal::traces);
  commit(Signal::metrics);
}

}  // namespace spark::detail::otlp
