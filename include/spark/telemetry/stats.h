// The ledger: where every record went. Exact whenever nobody is recording; each term is counted where it happens, none
// is computed from the others, so that `balanced()` can find a mistake.
//
//   front:      recorded = sampled_out + dropped + in_rings + admitted          (for each kind)
//   each sink:  admitted + recovered = exported + dropped + queued + in_flight + spooled    (for each kind)
//
// Recovered is what a sink found in its spool of an earlier process; without one it is 0. Span events count with their
// span. A start or end that a store merges into its trace's row counts as exported.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spark {

// self_metric: the otel.sdk.* metrics of TelemetryConfig::self_metrics, so that they do not disturb what they count.
enum class RecordKind : std::uint8_t { trace_start, trace_end, span, event, metric, graph, self_metric };
inline constexpr std::size_t record_kinds = 7;

enum class DropReason : std::uint8_t {
  ring_full,      // the rings were at ring_bytes_total and the exporter did not keep up
  shut_down,      // recorded after shutdown
  out_of_memory,  // the allocator refused
  redactor,       // the redactor threw
  invalid,        // cannot be stored: a counter's negative or non-finite increment
  queue_full,     // a sink's queue was at queue_bytes
  sink_error,     // the sink's write failed
  deadline,       // still queued when shutdown's deadline passed
  forked,         // in a forked child: by a span or trace that began before the fork
  rejected,       // the other side took the batch, but not this record
  spool_full,     // the other side was away and the spool at spool_bytes
};
inline constexpr std::size_t drop_reasons = 11;

[[nodiscard]] std::string_view to_string(RecordKind) noexcept;
[[nodiscard]] std::string_view to_string(DropReason) noexcept;

using Drops = std::array<std::uint64_t, drop_reasons>;  // by DropReason
[[nodiscard]] std::uint64_t sum(const Drops& drops) noexcept;

struct FrontRow {
  std::uint64_t recorded = 0;
  std::uint64_t sampled_out = 0;
  Drops dropped{};
  std::uint64_t in_rings = 0;
  std::uint64_t admitted = 0;
};

struct SinkRow {
  std::uint64_t admitted = 0;
  std::uint64_t recovered = 0;  // left in the spool by another process, and taken over
  std::uint64_t exported = 0;
  Drops dropped{};
  std::uint64_t queued = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t spooled = 0;  // in the spool now
};

// Of a sink whose other side may be away (ReliableSink).
enum class BreakerState : std::uint8_t {
  closed,     // batches are sent as they come
  open,       // it was away several times in a row: only a probe is sent now and then
  half_open,  // a probe is under way
};
[[nodiscard]] std::string_view to_string(BreakerState) noexcept;

struct SinkStats {
  std::string name = {};
  std::array<SinkRow, record_kinds> rows{};  // by RecordKind
  std::uint64_t batches = 0;
  std::string last_error = {};  // empty: none yet
  std::uint64_t retries = 0;    // attempts at a batch after its first one
  BreakerState breaker = BreakerState::closed;
  std::uint64_t spool_bytes = 0;  // of the batches in the spool now
};

struct Stats {
  std::array<FrontRow, record_kinds> front{};  // by RecordKind
  std::vector<SinkStats> sinks = {};

  // Not records: what was cut from them, and what it cost to keep them.
  std::uint64_t attributes_dropped = 0;    // beyond Limits::attributes_per_record
  std::uint64_t span_events_dropped = 0;   // beyond Limits::events_per_span
  std::uint64_t texts_cut = 0;             // beyond string_bytes or key_bytes
  std::uint64_t values_cut = 0;            // beyond depth
  std::uint64_t texts_repaired = 0;        // had U+0000 or invalid UTF-8
  std::uint64_t records_spilled = 0;       // did not fit the inline area of a span or event
  std::uint64_t live_traces_evicted = 0;   // forgotten because there were live_traces others
  std::uint64_t instruments_refused = 0;   // beyond the maximum number of instruments
  std::uint64_t measurements_refused = 0;  // by instruments: negative or non-finite increments, NaN
  std::uint64_t ring_bytes = 0;            // held by rings now
  std::uint64_t spilled_bytes = 0;         // held by spilled records and nested values now

  [[nodiscard]] const FrontRow& operator[](RecordKind kind) const noexcept {
    return front[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept;  // of all kinds, front and sinks
  // True if both equations hold for every kind.
  [[nodiscard]] bool balanced() const noexcept;
};

}  // namespace spark
