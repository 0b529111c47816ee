#include "backends/memory/trace_entry.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace spark::detail::memory {
namespace {

// What a set of ids costs for each: a node of a large set, its share of the buckets, and the allocator's own.
constexpr std::size_t id_bytes = 48;

std::size_t heap_bytes(const std::string& text) noexcept {
  constexpr std::size_t inline_capacity = 15;
  return text.capacity() > inline_capacity ? text.capacity() + 1 : 0;
}

// The heap part of an object; its inline part is in the sizeof of the record that holds it.
std::size_t heap_bytes(const Object& attributes) noexcept {
  std::size_t bytes = 0;
  for (const auto& member : attributes) {
    bytes += sizeof member - sizeof member.value + heap_bytes(member.key) + estimated_size_bytes(member.value);
  }
  return bytes;
}

}  // namespace

std::size_t size_bytes(const Trace& trace) noexcept {
  return sizeof trace + heap_bytes(trace.name) + heap_bytes(trace.graph_hash) + heap_bytes(trace.attributes) +
         heap_bytes(trace.service);
}

std::size_t size_bytes(const Span& span) noexcept {
  return sizeof span + heap_bytes(span.name) + heap_bytes(span.status_message) + heap_bytes(span.error_type) +
         heap_bytes(span.attributes) + heap_bytes(span.service) + id_bytes;
}

std::size_t size_bytes(const Event& event) noexcept {
  return sizeof event + heap_bytes(event.type) + heap_bytes(event.name) + heap_bytes(event.attributes) + id_bytes;
}

std::size_t size_bytes(const Metric& metric) noexcept {
  std::size_t bytes =
      sizeof metric + heap_bytes(metric.name) + heap_bytes(metric.unit) + heap_bytes(metric.attributes) + id_bytes;
  if (metric.distribution) {
    bytes += (metric.distribution->positive.counts.capacity() + metric.distribution->negative.counts.capacity()) *
             sizeof(std::uint64_t);
  }
  return bytes;
}

std::size_t size_bytes(const GraphDefinition& graph) noexcept {
  return sizeof graph + heap_bytes(graph.hash) + heap_bytes(graph.graph_id) + heap_bytes(graph.version) +
         heap_bytes(graph.content);
}

std::ptrdiff_t TraceEntry::add(Trace&& trace) {
  // The first end wins, and takes the place of a start whichever of the two comes first.
  if (trace_ && (trace_->end_time || !trace.end_time)) return 0;
  const std::size_t before = trace_ ? memory::size_bytes(*trace_) : 0;
  trace_ = std::move(trace);
  size_bytes_ -= before;
  return grow(memory::size_bytes(*trace_)) - static_cast<std::ptrdiff_t>(before);
}

std::ptrdiff_t TraceEntry::add(Span&& span, bool is_local_root) {
  if (!span_ids_.insert(span.span_id)) return 0;
  see(span.start_time);
  std::ptrdiff_t growth = 0;
  if (is_local_root) {
    if (!implied_) growth += grow(sizeof(Trace));
    imply(span);
  }
  growth += grow(memory::size_bytes(span));
  spans_.push_back(std::move(span));
  return growth;
}

std::ptrdiff_t TraceEntry::add(Event&& event) {
  if (!event_ids_.insert(event.event_id)) return 0;
  see(event.timestamp);
  const std::ptrdiff_t growth = grow(memory::size_bytes(event));
  events_.push_back(std::move(event));
  return growth;
}

std::ptrdiff_t TraceEntry::add(Metric&& metric) {
  if (!metric_ids_.insert(metric.metric_id)) return 0;
  see(metric.timestamp);
  const std::ptrdiff_t growth = grow(memory::size_bytes(metric));
  metrics_.push_back(std::move(metric));
  return growth;
}

// Reaches from the first start to the last end of the local roots; the earliest of them names it.
void TraceEntry::imply(const Span& local_root) {
  const bool names_it = !implied_ || std::tie(local_root.start_time, local_root.span_id) <
                                         std::tie(local_root_start_, implied_->root_span_id);
  if (!implied_) {
    implied_.emplace();
    implied_->trace_id = local_root.trace_id;
    implied_->partial = true;
    implied_->start_time = local_root.start_time;
    implied_->end_time = local_root.end_time;
  }
  implied_->start_time = std::min(implied_->start_time, local_root.start_time);
  implied_->end_time = std::max(*implied_->end_time, local_root.end_time);
  if (!names_it) return;
  implied_->name = local_root.name;
  implied_->service = local_root.service;
  // A trace's statuses are a span's after `started`.
  implied_->status = static_cast<TraceStatus>(static_cast<std::uint8_t>(local_root.status) + 1);
  implied_->root_span_id = local_root.span_id;
  local_root_start_ = local_root.start_time;
}

const Trace* TraceEntry::trace() const noexcept {
  if (trace_) return &*trace_;
  return implied_ ? &*implied_ : nullptr;
}

bool TraceEntry::has_ended() const noexcept { return trace() != nullptr && trace()->end_time.has_value(); }

Timestamp TraceEntry::start_time() const noexcept {
  return trace() != nullptr ? trace()->start_time : first_seen_.value_or(Timestamp{});
}

std::ptrdiff_t TraceEntry::grow(std::size_t bytes) noexcept {
  size_bytes_ += bytes;
  return static_cast<std::ptrdiff_t>(bytes);
}

void TraceEntry::see(Timestamp time) noexcept { first_seen_ = std::min(first_seen_.value_or(time), time); }

}  // namespace spark::detail::memory
