#include "core.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include "instrument_registry.h"
#include "process_managers.h"
#include "spark/base/error.h"

namespace spark::detail {
namespace {

// W3C trace context level 2 and OpenTelemetry's consistent probability sampling: a trace is kept if its 56 random bits
// are at least the share that is rejected.
std::uint64_t threshold(double sampling_rate) noexcept {
  return static_cast<std::uint64_t>(std::llround((1.0 - sampling_rate) * 72057594037927936.0));  // 2^56
}

constexpr std::size_t max_remembered_graphs = 4096;

TelemetryConfig validated(const TelemetryConfig& config) {
  config.validate();
  return config;
}

}  // namespace

Core::Core(const TelemetryConfig& config, const ManagerSources& sources)
    : config_(validated(config)),
      sources_(sources),
      ticks_(sources.clock),
      is_seeded_(sources.random_seed.has_value()),
      seeded_state_(sources.random_seed.value_or(0)),
      sampling_threshold_(threshold(config.sampling_rate)),
      rings_(config.ring_bytes, config.ring_bytes_total),
      live_traces_(config.live_traces),
      face_(*this) {
  handle_forks();
  start();
  keep_for_ever(*this);
}

Core::Core(const Core& parent_s, AfterFork)
    : config_(parent_s.config_),
      sources_(parent_s.sources_),
      ticks_(sources_.clock),
      is_seeded_(parent_s.is_seeded_),
      seeded_state_(operating_system_random()),  // the parent goes on with its own sequence
      sampling_threshold_(parent_s.sampling_threshold_),
      rings_(config_.ring_bytes, config_.ring_bytes_total),
      live_traces_(config_.live_traces),
      face_(*this) {
  keep_for_ever(*this);
}

// ---- ids, sampling, placement ----

std::uint64_t Core::seeded_random() noexcept {
  // A generator each, seeded by a counter: a sequence, whichever threads draw from it.
  return Random(seeded_state_.fetch_add(1, std::memory_order_relaxed) * 0x9E3779B97F4A7C15ULL).next();
}

TraceId Core::new_trace_id() noexcept {
  // Without the time after shutdown: an injected clock may have ended with the manager.
  const bool is_live = state.load(std::memory_order_relaxed) != core_shut_down;
  const std::int64_t milliseconds = is_live ? ticks_.epoch_now_ns() / 1'000'000 : 0;
  const std::uint64_t high = random_();
  return TraceId::make(static_cast<std::uint64_t>(milliseconds), high, random_());
}

Placement Core::place_elsewhere(TraceId trace, bool begins_trace) noexcept {
  if (!trace.is_valid()) {
    if (!begins_trace)
      return {.trace_id = {}, .span_id = {}, .is_sampled = true, .is_current = false, .is_local_root = false};
    trace = new_trace_id();
    return {.trace_id = trace,
            .span_id = {},
            .is_sampled = is_sampled_by_id(trace),
            .is_current = false,
            .is_local_root = true,
            .begins_trace = true};
  }
  const std::optional<LiveTraces::Facts> known = is_inert() ? std::nullopt : live_traces_.find(trace);
  return {.trace_id = trace,
          .span_id = root_span_id(trace),
          .is_sampled = known ? known->is_sampled : is_sampled_by_id(trace),
          .is_current = false,
          .is_local_root = !known || known->is_remote};
}

// ---- the way of a record ----

Ring* Core::ring_slow() noexcept {
  if (thread_state.is_telemetry_thread || is_inert()) return nullptr;
  return rings_.of_this_thread(*this);
}

void Core::count_dropped(RecordKind kind, DropReason reason) noexcept {
  if (successor != nullptr) [[unlikely]]
    return latest().count_dropped(kind, DropReason::forked);
  auto& counts = shared_counts_[static_cast<std::size_t>(kind)];
  counts.recorded.fetch_add(1, std::memory_order_relaxed);
  counts.dropped[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
}

void Core::count_without_ring(RecordKind kind) noexcept {
  if (thread_state.is_telemetry_thread) return;
  const bool is_live = state.load(std::memory_order_relaxed) != core_shut_down;
  count_dropped(kind, is_live ? DropReason::ring_full : DropReason::shut_down);
}

void Core::drop(RecordImage& image, RecordKind kind, DropReason reason) noexcept {
  if (!thread_state.is_telemetry_thread) count_dropped(kind, reason);
  release(image);
}

bool Core::refuse(Ring& ring, RecordImage& image, RecordKind kind) noexcept {
  count(ring.counters.dropped_full, kind);
  release(image);
  drainer_->wake_if_asleep();
  return false;
}

bool Core::take_for_values(std::size_t bytes, bool is_priority) noexcept {
  if (!(is_priority ? rings_.budget().take_reserved(bytes) : rings_.budget().take(bytes))) return false;
  spilled_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

bool Core::submit(RecordImage& image, bool is_priority, std::uint64_t end_ticks) noexcept {
  auto& head = *reinterpret_cast<RecordHead*>(image.bytes());
  const RecordKind kind = head.kind;
  if (!accepts()) [[unlikely]] {
    drop(image, kind, DropReason::shut_down);
    return false;
  }
  Ring* const ring = this->ring();
  if (ring == nullptr) [[unlikely]] {
    drop(image, kind, DropReason::ring_full);
    return false;
  }
  count(ring->counters.recorded, kind);

  const void* record = image.bytes();
  std::uint32_t size = image.used;
  SpilledRecord spilled;
  const bool is_spilled = image.spill != nullptr;
  if (is_spilled) [[unlikely]] {
    spilled = {.head = head, .bytes = ring->spill_memory.allocate(size, is_priority), .size_bytes = size};
    if (spilled.bytes == nullptr) return refuse(*ring, image, kind);
    spilled.head.flags = spilled_flag;
    record = &spilled;
    size = sizeof spilled;
  }
  const std::size_t values = head.value_bytes;
  const bool is_admitted = values == 0 || take_for_values(values, is_priority);
  std::byte* const place = is_admitted ? ring->reserve(size, is_priority) : nullptr;
  if (place == nullptr) [[unlikely]] {
    if (is_spilled) SpillMemory::free(spilled.bytes);
    if (is_admitted) give_back_values(values);
    return refuse(*ring, image, kind);
  }
  if (is_spilled) [[unlikely]] {
    if (kind == RecordKind::span) reinterpret_cast<SpanHead*>(image.spill)->end_ticks = end_ticks;
    std::memcpy(spilled.bytes, image.spill, image.used);
    spilled_bytes_.fetch_add(image.used, std::memory_order_relaxed);
  }
  std::memcpy(place, record, size);
  // What was known last is written here and not into the image: the copy would have to wait for those small stores.
  reinterpret_cast<RecordHead*>(place)->size_bytes = size;
  if (kind == RecordKind::span && !is_spilled) reinterpret_cast<SpanHead*>(place)->end_ticks = end_ticks;
  ring->publish(size);
  count(ring->counters.pushed, kind);
  const bool is_large = is_spilled || values != 0;
  if (ring->crossed(config_.buffer_size) || (is_large && is_filled_by_spilled())) drainer_->wake_if_asleep();
  if (is_spilled) [[unlikely]]
    std::free(image.spill);
  return true;
}

// ---- traces, points, graphs ----

ActiveTrace Core::start_trace(Text name, const TraceOptions& options) noexcept {
  ActiveTrace trace;
  if (is_off()) return trace;
  trace.core_ = this;
  trace.uncaught_exceptions_ = std::uncaught_exceptions();
  trace.chain_ = context_slot().chain;
  trace.trace_id = new_trace_id();
  if (state.load(std::memory_order_relaxed) == core_shut_down) {
    count_dropped(RecordKind::trace_start, DropReason::shut_down);
    // So that its end is counted too.
    if (!is_inert()) live_traces_.add(trace.trace_id, {.is_sampled = true}, {});
    return trace;
  }
  trace.is_sampled_ = is_sampled_by_id(trace.trace_id);
  if (!config_.enable_traces || !trace.is_sampled_) {
    if (config_.enable_traces) count_sampled_out(RecordKind::trace_start);
    live_traces_.add(trace.trace_id, {.is_sampled = trace.is_sampled_}, {});
    return trace;
  }
  RecordImage image;
  RecordWriter writer(image, config_.limits, cuts_);
  auto& head = writer.begin<TraceHead>(RecordKind::trace_start);
  head.trace_id = trace.trace_id;
  head.root_span_id = root_span_id(trace.trace_id);
  head.start_ns = head.end_ns = ticks_.epoch_now_ns();
  head.status = TraceStatus::started;
  writer.text(EntryKind::name, name);
  writer.text(EntryKind::graph_hash, options.graph_hash);
  writer.attributes(options.attributes);
  live_traces_.add(trace.trace_id, {.is_sampled = true}, OwnedRecord::copy_of(image.bytes(), image.used));
  submit(image, false);
  return trace;
}

RemoteTrace Core::join_trace(TraceId trace_id, SpanId remote_span_id, bool is_sampled) noexcept {
  RemoteTrace trace;
  if (is_off() || !trace_id.is_valid()) return trace;
  ContextSlot slot = slot_for(trace_id, remote_span_id, is_sampled);
  slot.flags |= TelemetryContext::remote_flag;
  trace.context_ = TelemetryContext(slot);
  // If it began in this process, the decision was made here.
  if (!is_inert() && live_traces_.join(trace_id, is_sampled)) trace.core_ = this;
  return trace;
}

void Core::forget_trace(TraceId trace_id) noexcept {
  if (!is_inert()) live_traces_.leave(trace_id);
}

void Core::end_trace(TraceId trace_id, TraceStatus status) noexcept {
  if (is_off()) return;
  if (successor != nullptr) [[unlikely]]
    return count_dropped(RecordKind::trace_end, DropReason::forked);
  if (is_abandoned_) [[unlikely]] {
    if (config_.enable_traces) count_dropped(RecordKind::trace_end, DropReason::shut_down);
    return;
  }
  std::optional<LiveTraces::Ended> ended = live_traces_.remove(trace_id);
  if (!ended || !config_.enable_traces) return;
  if (!ended->is_sampled) return count_sampled_out(RecordKind::trace_end);
  if (!accepts()) {
    return count_dropped(RecordKind::trace_end, DropReason::shut_down);
  }
  if (ended->end.empty()) return count_dropped(RecordKind::trace_end, DropReason::out_of_memory);
  auto& head = *reinterpret_cast<TraceHead*>(ended->end.bytes());
  head.head.kind = RecordKind::trace_end;
  head.end_ns = std::max(head.start_ns, ticks_.epoch_now_ns());
  head.status = status == TraceStatus::started ? TraceStatus::completed : status;
  RecordImage image;
  image.used = static_cast<std::uint32_t>(ended->end.size_bytes());
  image.capacity = RecordImage::inline_capacity;
  image.spill = nullptr;
  if (image.used > image.capacity) {
    image.spill = static_cast<std::byte*>(std::malloc(image.used));
    image.capacity = image.used;
    if (image.spill == nullptr) return count_dropped(RecordKind::trace_end, DropReason::out_of_memory);
  }
  std::memcpy(image.bytes(), ended->end.bytes(), image.used);
  ended->end.disown_values();
  submit(image, true);
}

void Core::record_event(const EventOptions& event) noexcept {
  if (!config_.enable_events) return;
  if (!accepts()) [[unlikely]]
    return count_dropped(RecordKind::event, DropReason::shut_down);
  const Placement place = this->place(event.trace_id, false);
  if (!place.is_sampled) return count_sampled_out(RecordKind::event);
  RecordImage image;
  RecordWriter writer(image, config_.limits, cuts_);
  auto& head = writer.begin<EventHead>(RecordKind::event);
  head.trace_id = place.trace_id;
  head.span_id = event.span_id.is_valid() ? event.span_id : place.span_id;
  head.ticks = ticks_.now();
  writer.text(EntryKind::event_type, event.event_type);
  writer.text(EntryKind::name, event.name);
  writer.attributes(event.attributes);
  submit(image, false);
}

void Core::record_metric(const MetricOptions& metric) noexcept {
  if (!config_.enable_metrics) return;
  if (!accepts()) [[unlikely]]
    return count_dropped(RecordKind::metric, DropReason::shut_down);
  const Placement place = this->place(metric.trace_id, false);
  if (!place.is_sampled) return count_sampled_out(RecordKind::metric);
  const bool is_counter = metric.aggregation_type == AggregationType::counter;
  if (is_counter && !(metric.value >= 0 && std::isfinite(metric.value))) {
    if (!thread_state.is_telemetry_thread) count_dropped(RecordKind::metric, DropReason::invalid);
    return;
  }
  RecordImage image;
  RecordWriter writer(image, config_.limits, cuts_);
  auto& head = writer.begin<MetricHead>(RecordKind::metric);
  head.trace_id = place.trace_id;
  head.span_id = place.is_current ? place.span_id : SpanId{};
  head.ticks = ticks_.now();
  head.value = metric.value;
  head.aggregation_type = metric.aggregation_type;
  writer.text(EntryKind::name, metric.name);
  writer.text(EntryKind::unit, metric.unit);
  writer.attributes(metric.attributes);
  submit(image, false);
}

void Core::record_graph(const GraphDefinition& graph) noexcept {
  if (is_off() || !config_.enable_traces) return;
  if (!accepts()) return count_dropped(RecordKind::graph, DropReason::shut_down);
  try {
    if (!is_new_graph(graph.hash)) return;
    auto definition = std::make_unique<GraphDefinition>(graph);
    Limits depth_alone = config_.limits;
    depth_alone.attributes_per_record = depth_alone.string_bytes = std::numeric_limits<std::uint32_t>::max();
    definition->content = bounded_copy(Value(graph.content), depth_alone, 0, cuts_).as_object();
    RecordImage image;
    RecordWriter writer(image, config_.limits, cuts_);
    writer.begin<GraphHead>(RecordKind::graph).definition = definition.release();
    if (submit(image, true)) return;
  } catch (const std::bad_alloc&) {
    count_dropped(RecordKind::graph, DropReason::out_of_memory);
  }
  // The next run tries again: a trace must not name a definition that nobody has.
  const std::lock_guard lock(graphs_mutex_);
  recorded_graphs_.erase(graph.hash);
}

bool Core::is_new_graph(const std::string& hash) {
  std::uint64_t lost_batches = 0;
  for (const auto& worker : drainer_->workers()) lost_batches += worker->lost_batches();
  const std::lock_guard lock(graphs_mutex_);
  // A sink may have lost some of them. Recorded again is there once, so forgetting is harmless.
  if (recorded_graphs_.size() >= max_remembered_graphs || lost_batches != lost_batches_seen_) recorded_graphs_.clear();
  lost_batches_seen_ = lost_batches;
  return recorded_graphs_.insert(hash).second;
}

// ---- instruments ----

Instrument* Core::instrument(AggregationType type, Text name, const InstrumentOptions& options) noexcept {
  if (is_off() || !config_.enable_metrics) return nullptr;
  (void)accepts();  // what instruments measure is collected by the drainer
  Instrument* result = nullptr;
  try {
    result = InstrumentRegistry::instance().get(*this, type, name, options);
  } catch (const std::bad_alloc&) {
    // Refused like one too many.
  }
  if (result == nullptr) instruments_refused_.fetch_add(1, std::memory_order_relaxed);
  return result;
}

Counter Core::counter(Text name, const InstrumentOptions& options) noexcept {
  Counter result;
  if (const auto* made = instrument(AggregationType::counter, name, options)) result.index_ = made->index;
  return result;
}

Gauge Core::gauge(Text name, const InstrumentOptions& options) noexcept {
  Gauge result;
  if (auto* made = instrument(AggregationType::gauge, name, options)) result.cell_ = &made->gauge;
  return result;
}

Histogram Core::histogram(Text name, const InstrumentOptions& options) noexcept {
  Histogram result;
  if (const auto* made = instrument(AggregationType::histogram, name, options)) result.index_ = made->index;
  return result;
}

}  // namespace spark::detail
