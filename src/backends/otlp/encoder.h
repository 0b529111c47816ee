// Turns batches into OTLP requests (opentelemetry-proto 1.x), in protobuf or JSON: one request body for each signal
// that the batch has something for. docs/otlp.md says what becomes what; mapping.h holds the names.
//
// A sink makes one and keeps it as long as itself: it knows the sums of counters and histograms so far, and which
// traces' root spans are on their way. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/otlp/metric_state.h"
#include "backends/otlp/root_spans.h"
#include "backends/otlp/signal.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/stats.h"

namespace spark::detail::otlp {

struct EncoderOptions {
  Encoding encoding = Encoding::protobuf;
  // What the server wants: most add up cumulative sums; some only take deltas. lowmemory is delta here, because every
  // instrument is a synchronous one.
  Temporality temporality = Temporality::cumulative;
  std::size_t series_per_metric = 2'000;  // sets of attributes; further ones share one series, otel.metric.overflow
  std::int64_t start_ns = 0;              // since the epoch: when the first sums begin; 0: with their first measurement
  std::size_t series = 100'000;           // of all metrics together; bounds the memory, at about 300 B each
  std::size_t metrics = 10'000;           // different (name, unit, type); measurements of further ones are refused
};

// What one batch becomes.
struct Requests {
  std::array<std::string, signals> bodies = {};  // by Signal, an Export…ServiceRequest; empty: nothing of this signal
  std::array<std::uint64_t, signals> items = {};  // by Signal: spans, data points, log records in them
  std::uint64_t refused = 0;  // records that OTLP has no place for: see docs/otlp.md, "What is refused"
  std::array<std::uint64_t, record_kinds> refused_by_kind = {};  // by RecordKind; `refused` is their sum

  [[nodiscard]] std::string& body(Signal signal) noexcept { return bodies[static_cast<std::size_t>(signal)]; }
  [[nodiscard]] const std::string& body(Signal signal) const noexcept {
    return bodies[static_cast<std::size_t>(signal)];
  }
  [[nodiscard]] std::uint64_t& item_count(Signal signal) noexcept { return items[static_cast<std::size_t>(signal)]; }
};

class Encoder {
 public:
  explicit Encoder(const EncoderOptions& options);

  // Strong guarantee. Nothing that a later batch depends on changes before commit(): the same batch given again gives
  // the same bytes, and a batch that was never committed might never have been there. Text is taken for the UTF-8 that
  // the drainer makes of it. Throws std::bad_alloc, or Error(invalid_argument) for a request of more than 2 GiB, which
  // protobuf cannot have; the sender's own limit is smaller.
  [[nodiscard]] Requests encode(const Batch& batch);

  // The server has this part of what encode() last returned: from now on its increments are counted. Once for each
  // signal is enough; a signal whose body was empty may be left out or not.
  void commit(Signal signal) noexcept;
  void commit() noexcept;  // all of them

  // Traces whose root span was sent so long before their end that it was forgotten (root_spans.h).
  [[nodiscard]] std::uint64_t root_spans_forgotten() const noexcept { return root_spans_.forgotten(); }

 private:
  template <class Description>
  [[nodiscard]] std::string render(Signal signal, const Description& describe);

  EncoderOptions options_;
  MetricState metrics_;
  RootSpans root_spans_;
  std::vector<std::size_t> sizes_;                    // of nested messages, kept for its memory
  std::array<std::size_t, signals> json_sizes_ = {};  // of the last bodies
};

}  // namespace spark::detail::otlp
