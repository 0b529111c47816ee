// TelemetryManager records, buffers, exports and answers queries. get_instance() is the one to use: inside a graph's
// run it is the manager of that run, elsewhere the process default.
//
// Recording calls are noexcept, never block and never fail visibly; what they must drop is counted (stats()). They are
// safe from any thread, at any time, also from static destructors. Queries, flush and shutdown may block up to their
// deadlines.
//
// A manager made by its constructor ends with its scope (it is flushed for up to 5 s); the others live as long as the
// process and are flushed for up to 2 s when main returns or exit() is called. Handles and contexts of a manager that
// has ended stay usable and do nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "spark/base/clock.h"
#include "spark/base/error.h"
#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/context.h"
#include "spark/telemetry/instruments.h"
#include "spark/telemetry/query.h"
#include "spark/telemetry/sink_factory.h"
#include "spark/telemetry/span.h"
#include "spark/telemetry/stats.h"
#include "spark/telemetry/trace.h"

namespace spark {

class Store;  // sink.h

struct EventOptions {
  TraceId trace_id = {};  // default: the current one, if any
  Text event_type = {};   // for filtering
  Text name = {};
  Attributes attributes = {};
  SpanId span_id = {};  // default: the current span if it is of this trace, else the trace's root span id
};

struct MetricOptions {
  Text name = {};
  double value = 0;
  Text unit = {};
  // A counter's value is an increment; a negative or non-finite one is dropped (DropReason::invalid).
  AggregationType aggregation_type = AggregationType::gauge;
  TraceId trace_id = {};  // default: the current one, if any; a metric with a trace is sampled with it
  Attributes attributes = {};
};

struct FlushResult {
  struct SinkResult {
    std::string name = {};
    bool complete = false;
    std::string error = {};  // why not, if not
  };
  std::vector<SinkResult> sinks = {};

  // Everything recorded before the flush, on any thread, is where its sinks promise, or was dropped for good, which
  // stats() counts. A write that failed since the flush before makes it incomplete, and the error says why.
  [[nodiscard]] bool complete() const noexcept;
};

// What can be replaced: by tests, clock and ids; by whoever has a backend of their own, the sinks (examples/14).
// References must outlive the manager.
struct ManagerSources {
  Clock* clock = nullptr;                         // default: the system's clocks, by TSC where it is invariant
  std::optional<std::uint64_t> random_seed = {};  // given: ids are a deterministic sequence
  std::vector<SinkFactory> sinks = {};            // given: instead of the configuration's backend
};

class TelemetryManager {
 public:
  // Throws Error if the configuration is invalid or its backend cannot be opened.
  explicit TelemetryManager(const TelemetryConfig& config, const ManagerSources& sources = {});
  ~TelemetryManager();
  TelemetryManager(const TelemetryManager&) = delete;
  TelemetryManager& operator=(const TelemetryManager&) = delete;

  // The manager of the current context; else the process default, configured now from SPARK_TELEMETRY (else memory) if
  // nothing has before. Throws Error if that configuration cannot be used.
  [[nodiscard]] static TelemetryManager& get_instance();
  // Configures the process default. Throws Error(conflict) if it already has another configuration.
  static TelemetryManager& configure(const TelemetryConfig& config);
  // Ends the process default (flushed for up to 2 s) and the managers of configurations; the next use configures anew.
  // References and graphs from before stay valid and record nothing any more. (After shutdown() alone, the ended
  // manager stays the default.)
  static void reset_instance();
  // The manager for a configuration: the default if it has this one or has none yet, else one of its own that all equal
  // configurations share.
  [[nodiscard]] static TelemetryManager& for_config(const TelemetryConfig& config);
  // The manager of the current context, else the default if something configured it, else null. SPARK_TELEMETRY, if
  // set, counts, but configure() and graphs with a configuration may still take the place of a default that was made
  // here. A value that cannot be used is said on stderr once, and not tried again before reset_instance().
  [[nodiscard]] static TelemetryManager* current_or_configured() noexcept;

  // ---- recording ----
  // Does not become current: spans and points name it by trace_id, or run below ContextScope(trace.context()).
  ActiveTrace start_trace(Text name, const TraceOptions& options = {}) noexcept;
  // An unknown id, or one that has ended, does nothing. `started` is taken as completed.
  void end_trace(TraceId trace_id, TraceStatus status = TraceStatus::completed) noexcept;

  // For a trace that began in another process, with that process' span and its decision to sample. A zero id joins
  // nothing.
  RemoteTrace join_trace(TraceId trace_id, SpanId remote_span_id, bool is_sampled) noexcept;

  ActiveSpan start_span(Text name, TraceId trace_id, const SpanOptions& options = default_span_options) noexcept {
    return flags_->is_off() ? ActiveSpan() : ActiveSpan(*flags_, name, trace_id, options);
  }
  // Joins the current span; without one, begins a trace of its own.
  ActiveSpan start_span(Text name, const SpanOptions& options = default_span_options) noexcept {
    return flags_->is_off() ? ActiveSpan() : ActiveSpan(*flags_, name, TraceId{}, options);
  }
  // Runs fn(span) inside a span; an exception is recorded in it and passes on.
  template <class Function>
  std::invoke_result_t<Function&, ActiveSpan&> in_span(Text name, const SpanOptions& options, Function&& fn) {
    ActiveSpan span = start_span(name, options);
    try {
      return fn(span);
    } catch (...) {
      span.record_exception(std::current_exception());
      throw;
    }
  }

  void record_event(const EventOptions& event) noexcept {
    if (!flags_->is_off()) add_event(event);
  }
  void record_metric(const MetricOptions& metric) noexcept {
    if (!flags_->is_off()) add_metric(metric);
  }
  // Once for each content (by hash); repeated calls are cheap.
  void record_graph(const GraphDefinition& graph) noexcept;

  [[nodiscard]] Counter counter(Text name, const InstrumentOptions& options = {}) noexcept;
  [[nodiscard]] Gauge gauge(Text name, const InstrumentOptions& options = {}) noexcept;
  [[nodiscard]] Histogram histogram(Text name, const InstrumentOptions& options = {}) noexcept;

  // ---- life cycle ----

  // Covers what happened before the call, on any thread. Never throws for a sink's trouble: the result says it.
  FlushResult flush(Seconds deadline = std::chrono::seconds(5));
  // Flushes, then ends: threads stop, sinks are closed, later records are dropped and counted. Idempotent, safe from
  // any thread and from inside a sink; keeps its deadline even if a sink hangs. What a sink has lost, now or before, a
  // line on stderr says, once.
  FlushResult shutdown(Seconds deadline = std::chrono::seconds(5)) noexcept;
  [[nodiscard]] Stats stats() const;
  [[nodiscard]] const TelemetryConfig& config() const noexcept;
  // Wall time as records have it: never back, whatever the wall clock does.
  [[nodiscard]] Timestamp now() const noexcept;
  [[nodiscard]] Clock& clock() const noexcept;

  // ---- queries ----

  // Answered by the first sink that stores. They do not flush. Throw Error(unsupported) if no sink stores,
  // Error(shut_down) after shutdown, and what the store throws.
  [[nodiscard]] Page<Trace> query_traces(const TraceQuery& query = {}) const;
  [[nodiscard]] Page<Span> query_spans(const SpanQuery& query = {}) const;
  [[nodiscard]] Page<Event> query_events(const EventQuery& query = {}) const;
  [[nodiscard]] Page<Metric> query_metrics(const MetricQuery& query = {}) const;
  [[nodiscard]] Page<GraphDefinition> query_graphs(const GraphQuery& query = {}) const;
  // Every span that matches, one after the other, until the visitor returns false; see Store::each_span.
  void each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) const;
  // How many, how many failed, how long and so on, by group; see aggregate.h.
  [[nodiscard]] Groups aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) const;
  [[nodiscard]] Groups aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) const;
  [[nodiscard]] Groups aggregate_events(const EventQuery& query, const Aggregation& aggregation) const;
  [[nodiscard]] Groups aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) const;
  // The store itself, for documents. Shared: stays open while somebody holds it.
  [[nodiscard]] std::shared_ptr<Store> store() const;

 private:
  friend class detail::Core;
  explicit TelemetryManager(detail::Core& core) noexcept;  // a core's own, unowned face

  void add_event(const EventOptions& event) noexcept;
  void add_metric(const MetricOptions& metric) noexcept;
  [[nodiscard]] detail::Core& core() const noexcept;

  detail::CoreFlags* flags_;  // the core; never destroyed; in a forked child its successor counts
  bool is_owner_;
};

}  // namespace spark
