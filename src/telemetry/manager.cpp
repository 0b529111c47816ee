#include "spark/telemetry/manager.h"

#include <algorithm>

#include "core.h"

namespace spark {
namespace {

Deadline deadline_in(Seconds seconds) {
  // A year is for ever, and safe from overflow.
  constexpr Seconds longest{365.0 * 86'400};
  const Seconds bounded = std::clamp(seconds, Seconds{0}, longest);
  return Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(bounded);
}

}  // namespace

bool FlushResult::complete() const noexcept {
  return std::all_of(sinks.begin(), sinks.end(), [](const SinkResult& sink) { return sink.complete; });
}

TelemetryManager::TelemetryManager(const TelemetryConfig& config, const ManagerSources& sources)
    : flags_(new detail::Core(config, sources)), is_owner_(true) {}

TelemetryManager::TelemetryManager(detail::Core& core) noexcept : flags_(&core), is_owner_(false) {}

TelemetryManager::~TelemetryManager() {
  if (is_owner_) core().shutdown(deadline_in(std::chrono::seconds(5)));
}

detail::Core& TelemetryManager::core() const noexcept { return detail::core_of(*flags_).latest(); }

ActiveTrace TelemetryManager::start_trace(Text name, const TraceOptions& options) noexcept {
  return core().start_trace(name, options);
}
RemoteTrace TelemetryManager::join_trace(TraceId trace_id, SpanId remote_span_id, bool is_sampled) noexcept {
  return core().join_trace(trace_id, remote_span_id, is_sampled);
}
void TelemetryManager::end_trace(TraceId trace_id, TraceStatus status) noexcept { core().end_trace(trace_id, status); }
void TelemetryManager::add_event(const EventOptions& event) noexcept { core().record_event(event); }
void TelemetryManager::add_metric(const MetricOptions& metric) noexcept { core().record_metric(metric); }
void TelemetryManager::record_graph(const GraphDefinition& graph) noexcept { core().record_graph(graph); }

Counter TelemetryManager::counter(Text name, const InstrumentOptions& options) noexcept {
  return core().counter(name, options);
}
Gauge TelemetryManager::gauge(Text name, const InstrumentOptions& options) noexcept {
  return core().gauge(name, options);
}
Histogram TelemetryManager::histogram(Text name, const InstrumentOptions& options) noexcept {
  return core().histogram(name, options);
}

FlushResult TelemetryManager::flush(Seconds deadline) { return core().flush(deadline_in(deadline)); }
FlushResult TelemetryManager::shutdown(Seconds deadline) noexcept { return core().shutdown(deadline_in(deadline)); }
Stats TelemetryManager::stats() const { return core().stats(); }
const TelemetryConfig& TelemetryManager::config() const noexcept { return core().config(); }
Timestamp TelemetryManager::now() const noexcept {
  return Timestamp(std::chrono::nanoseconds(core().ticks().epoch_now_ns()));
}
Clock& TelemetryManager::clock() const noexcept { return core().ticks().clock(); }

Page<Trace> TelemetryManager::query_traces(const TraceQuery& query) const { return store()->query_traces(query); }
Page<Span> TelemetryManager::query_spans(const SpanQuery& query) const { return store()->query_spans(query); }
Page<Event> TelemetryManager::query_events(const EventQuery& query) const { return store()->query_events(query); }
Page<Metric> TelemetryManager::query_metrics(const MetricQuery& query) const { return store()->query_metrics(query); }
Page<GraphDefinition> TelemetryManager::query_graphs(const GraphQuery& query) const {
  return store()->query_graphs(query);
}
void TelemetryManager::each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) const {
  store()->each_span(query, visit);
}
Groups TelemetryManager::aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) const {
  return store()->aggregate_traces(query, aggregation);
}
Groups TelemetryManager::aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) const {
  return store()->aggregate_spans(query, aggregation);
}
Groups TelemetryManager::aggregate_events(const EventQuery& query, const Aggregation& aggregation) const {
  return store()->aggregate_events(query, aggregation);
}
Groups TelemetryManager::aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) const {
  return store()->aggregate_metrics(query, aggregation);
}
std::shared_ptr<Store> TelemetryManager::store() const { return core().store(); }

}  // namespace spark
