#include "backends/memory/record_set.h"

#include <algorithm>
#include <string>
#include <utility>

namespace spark::detail::memory {
namespace {

// A slot with its nodes in the map and in one of the orders.
constexpr std::ptrdiff_t slot_bytes = 512;
// A node of a map, beside the record.
constexpr std::ptrdiff_t loose_bytes = 64;

}  // namespace

void RecordSet::add(const Batch& batch) {
  const std::string& service = batch.resource().service_name;
  for (const TraceView* view : reduce_traces(batch)) {
    Trace trace = to_record(*view);
    trace.service = service;
    add_to_trace(view->trace_id, std::move(trace));
  }
  for (const SpanView& span : batch.spans()) {
    Span record = to_record(span);
    record.service = service;
    add_to_trace(span.trace_id, std::move(record), span.is_local_root);
    for (const SpanEventView& event : span.events) add(to_record(span, event));
  }
  for (const EventView& event : batch.events()) add(to_record(event));
  for (const MetricView& metric : batch.metrics()) add(to_record(metric));
  for (const GraphDefinition& graph : batch.graphs()) add(graph);
  evict();
}

const TraceEntry* RecordSet::find(TraceId id) const {
  const auto found = slots_.find(id);
  return found != slots_.end() ? &found->second.entry : nullptr;
}

template <class... Record>
void RecordSet::add_to_trace(TraceId id, Record&&... record) {
  // Records come trace by trace, mostly.
  if (last_slot_ == nullptr || last_id_ != id) {
    const auto [position, is_new] = slots_.try_emplace(id);
    if (is_new) grow(slot_bytes);
    last_slot_ = &position->second;
    last_id_ = id;
  }
  grow(last_slot_->entry.add(std::forward<Record>(record)...));
  reorder(id, *last_slot_);
}

void RecordSet::add(Event&& event) {
  if (event.trace_id.is_valid()) {
    const TraceId id = event.trace_id;
    return add_to_trace(id, std::move(event));
  }
  const LooseKey key{event.timestamp, event.event_id};
  const auto [position, is_new] = loose_events_.try_emplace(key, std::move(event));
  if (is_new) grow(loose_bytes + static_cast<std::ptrdiff_t>(memory::size_bytes(position->second)));
}

void RecordSet::add(Metric&& metric) {
  if (metric.trace_id.is_valid()) {
    const TraceId id = metric.trace_id;
    return add_to_trace(id, std::move(metric));
  }
  const LooseKey key{metric.timestamp, metric.metric_id};
  const auto [position, is_new] = loose_metrics_.try_emplace(key, std::move(metric));
  if (is_new) grow(loose_bytes + static_cast<std::ptrdiff_t>(memory::size_bytes(position->second)));
}

void RecordSet::add(const GraphDefinition& graph) {
  const bool known = std::any_of(graphs_.begin(), graphs_.end(),
                                 [&](const GraphDefinition& other) { return other.hash == graph.hash; });
  if (known) return;
  graphs_.push_back(graph);
  grow(static_cast<std::ptrdiff_t>(memory::size_bytes(graph)));
  if (graphs_.size() > max_graphs) {
    grow(-static_cast<std::ptrdiff_t>(memory::size_bytes(graphs_.front())));
    graphs_.pop_front();
    ++first_graph_number_;
  }
}

void RecordSet::reorder(TraceId id, Slot& slot) {
  const bool has_ended = slot.entry.has_ended();
  const Timestamp start_time = slot.entry.start_time();
  if (slot.is_ordered && slot.in_ended == has_ended && slot.start_time == start_time) return;
  if (slot.is_ordered) (slot.in_ended ? ended_ : running_).erase({slot.start_time, id});
  (has_ended ? ended_ : running_).insert({start_time, id});
  slot.is_ordered = true;
  slot.in_ended = has_ended;
  slot.start_time = start_time;
}

void RecordSet::evict() {
  while (size_bytes_ > max_size_bytes_) {
    if (!ended_.empty()) {
      evict_trace(ended_);
      ++evictions_.ended_traces;
    } else if (!running_.empty() || !loose_events_.empty() || !loose_metrics_.empty()) {
      evict_oldest_running_or_loose();
    } else {
      return;  // graph definitions alone
    }
  }
}

void RecordSet::evict_trace(Order& order) {
  const auto slot = slots_.find(order.begin()->second);
  grow(-slot_bytes - static_cast<std::ptrdiff_t>(slot->second.entry.size_bytes()));
  slots_.erase(slot);
  last_slot_ = nullptr;
  order.erase(order.begin());
}

void RecordSet::evict_oldest_running_or_loose() {
  const auto first_time = [](const auto& loose) {
    return loose.empty() ? Timestamp::max() : loose.begin()->first.first;
  };
  const auto evict_first = [this](auto& loose) {
    grow(-loose_bytes - static_cast<std::ptrdiff_t>(memory::size_bytes(loose.begin()->second)));
    loose.erase(loose.begin());
    ++evictions_.loose_records;
  };
  const Timestamp event_time = first_time(loose_events_);
  const Timestamp metric_time = first_time(loose_metrics_);
  if (!running_.empty() && running_.begin()->first <= std::min(event_time, metric_time)) {
    evict_trace(running_);
    ++evictions_.running_traces;
  } else if (!loose_events_.empty() && (event_time <= metric_time || loose_metrics_.empty())) {
    evict_first(loose_events_);
  } else {
    evict_first(loose_metrics_);
  }
}

}  // namespace spark::detail::memory
