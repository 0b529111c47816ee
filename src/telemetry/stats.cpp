#include "spark/telemetry/stats.h"

#include <numeric>

namespace spark {

std::string_view to_string(RecordKind kind) noexcept {
  switch (kind) {
    case RecordKind::trace_start:
      return "trace_start";
    case RecordKind::trace_end:
      return "trace_end";
    case RecordKind::span:
      return "span";
    case RecordKind::event:
      return "event";
    case RecordKind::metric:
      return "metric";
    case RecordKind::graph:
      return "graph";
    case RecordKind::self_metric:
      return "self_metric";
  }
  return "unknown";
}

std::string_view to_string(DropReason reason) noexcept {
  switch (reason) {
    case DropReason::ring_full:
      return "ring_full";
    case DropReason::shut_down:
      return "shut_down";
    case DropReason::out_of_memory:
      return "out_of_memory";
    case DropReason::redactor:
      return "redactor";
    case DropReason::invalid:
      return "invalid";
    case DropReason::queue_full:
      return "queue_full";
    case DropReason::sink_error:
      return "sink_error";
    case DropReason::deadline:
      return "deadline";
    case DropReason::forked:
      return "forked";
    case DropReason::rejected:
      return "rejected";
    case DropReason::spool_full:
      return "spool_full";
  }
  return "unknown";
}

std::string_view to_string(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half_open";
  }
  return "unknown";
}

std::uint64_t sum(const Drops& drops) noexcept { return std::accumulate(drops.begin(), drops.end(), std::uint64_t{0}); }

std::uint64_t Stats::dropped() const noexcept {
  std::uint64_t total = 0;
  for (const FrontRow& row : front) total += sum(row.dropped);
  for (const SinkStats& sink : sinks) {
    for (const SinkRow& row : sink.rows) total += sum(row.dropped);
  }
  return total;
}

bool Stats::balanced() const noexcept {
  for (const FrontRow& row : front) {
    if (row.recorded != row.sampled_out + sum(row.dropped) + row.in_rings + row.admitted) return false;
  }
  for (const SinkStats& sink : sinks) {
    for (const SinkRow& row : sink.rows) {
      const std::uint64_t here = row.queued + row.in_flight + row.spooled;
      if (row.admitted + row.recovered != row.exported + sum(row.dropped) + here) return false;
    }
  }
  return true;
}

}  // namespace spark
