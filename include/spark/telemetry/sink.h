// A Sink takes batches; a Store is a Sink that answers queries. A custom backend implements one of the two.
//
// The manager gives each sink a queue and a thread of its own: write and flush are never called concurrently with
// themselves or each other. Recording from inside a sink is suppressed. Sinks are made by factories, so that a manager
// can make them anew.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/error.h"
#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/query.h"
#include "spark/telemetry/sink_factory.h"
#include "spark/telemetry/stats.h"

namespace spark {

using Deadline = std::chrono::steady_clock::time_point;

// Thrown by a write that may succeed when the same batch is written again: the other side is down, busy or slow.
class RetryableError : public Error {
 public:
  RetryableError(ErrorCode code, const std::string& message, std::optional<Seconds> retry_after = {})
      : Error(code, message), retry_after_(retry_after) {}

  // How long the other side asked to be left alone, at least. Not negative, and bounded by the sink.
  [[nodiscard]] std::optional<Seconds> retry_after() const noexcept { return retry_after_; }

 private:
  std::optional<Seconds> retry_after_;
};

// What became of a batch that was written, where not all of it was taken. Counts are by RecordKind.
struct Refusals {
  std::array<std::uint64_t, record_kinds> rejected{};  // by the other side, for good: DropReason::rejected
  std::array<std::uint64_t, record_kinds> invalid{};   // cannot be said in the other side's terms: DropReason::invalid
  std::array<std::uint64_t, record_kinds> spool_full{};  // DropReason::spool_full
  // Kept by the sink, which goes on with them by itself: in SinkProgress's `kept` too, and not exported yet.
  std::array<std::uint64_t, record_kinds> kept{};
  std::string message = {};  // why; becomes SinkStats::last_error, also without any count
};

// What a sink has done by itself since it was asked last, and how it is. For sinks that keep records and deliver them
// after their write has returned.
struct SinkProgress {
  struct Row {
    std::uint64_t kept = 0;       // of batches written now
    std::uint64_t recovered = 0;  // of an earlier process
    std::uint64_t exported = 0;   // of both, as is the next
    Drops dropped{};
  };
  std::array<Row, record_kinds> rows{};  // by RecordKind
  std::uint64_t retries = 0;
  BreakerState breaker = BreakerState::closed;
  std::uint64_t spool_bytes = 0;  // now
  // Now: it has records to deliver, and knows of nothing that would keep the other side from taking them. The end of a
  // manager, and of the process, waits for that until its deadline.
  bool is_delivering = false;
  std::string message = {};  // the last trouble, if there was any; becomes SinkStats::last_error
};

class Sink {
 public:
  virtual ~Sink() = default;

  // For the ledger and messages, for example "sqlite telemetry.db". No secrets. Stays valid as long as the sink.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  // To whom the records go, as a spool remembers it: what waits in one is delivered only to the same. Without what may
  // change while that stays the same: users, passwords, headers. No secrets.
  [[nodiscard]] virtual std::string destination() const { return std::string(name()); }

  // Takes the whole batch. Throws if it could not: then none of it may be visible, every record of it counts as dropped
  // (sink_error), and the message becomes SinkStats::last_error. Idempotent: a batch written twice is there once.
  virtual void write(const Batch& batch) = 0;

  // Returns when everything written is as safe as the sink promises, or throws Error(timeout).
  virtual void flush(Deadline deadline) = 0;

  // Called after each write that returned: which of its records count as dropped instead of exported. For sinks whose
  // other side may take a batch in part.
  [[nodiscard]] virtual Refusals take_refusals() { return {}; }

  // The one function that is called while another is running, from any thread: nobody waits for this sink any longer.
  // True if a write that is under way will throw within milliseconds, as will all later ones; the default cannot.
  virtual bool abandon() noexcept { return false; }

  // For sinks that do something by themselves. May be called while a function of the sink is running, also from another
  // thread, and waits for nothing.
  [[nodiscard]] virtual SinkProgress take_progress() { return {}; }
  // After the last write and flush: returns when the sink does nothing by itself any more, soon if it was abandoned.
  virtual void close() noexcept {}
  // The mutexes that the sink holds while it is at work, and not while it only waits for time to pass: a fork takes
  // them, in this order, instead of waiting for the end of a write. The same at all times. Empty: there are none.
  [[nodiscard]] virtual std::vector<std::mutex*> work_mutexes() noexcept { return {}; }
};

// Queries are safe from any thread, also while a write is going on; they see each batch whole or not at all. They throw
// Error; each obeys its time limit, by default the store's.
class Store : public Sink {
 public:
  [[nodiscard]] virtual Page<Trace> query_traces(const TraceQuery& query) = 0;
  [[nodiscard]] virtual Page<Span> query_spans(const SpanQuery& query) = 0;
  [[nodiscard]] virtual Page<Event> query_events(const EventQuery& query) = 0;
  [[nodiscard]] virtual Page<Metric> query_metrics(const MetricQuery& query) = 0;
  [[nodiscard]] virtual Page<GraphDefinition> query_graphs(const GraphQuery& query) = 0;

  // Calls `visit` for every span that matches, in an order of the store's own, until it returns false. However many
  // there are, few are in memory at a time. Nothing is held meanwhile: the visitor may query the store, and its
  // exceptions pass. Spans written while it runs may be seen or not; those that were there all the time are, once each.
  // The time limit is for all of it, the visitor's time included. limit, offset, cursor and order mean nothing here:
  // other values than the default throw Error(invalid_argument). Without an implementation of the store's own it asks
  // for page after page, newest first.
  virtual void each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit);

  // Groups of the records that match, as aggregate.h says. The time limit is for all of it. Without an implementation
  // of the store's own they ask for page after page, newest first, and see what is written meanwhile or not.
  [[nodiscard]] virtual Groups aggregate_traces(const TraceQuery& query, const Aggregation& aggregation);
  [[nodiscard]] virtual Groups aggregate_spans(const SpanQuery& query, const Aggregation& aggregation);
  [[nodiscard]] virtual Groups aggregate_events(const EventQuery& query, const Aggregation& aggregation);
  [[nodiscard]] virtual Groups aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation);

  // Documents: synchronous and durable. `expected_revision` 0 means "must not exist yet"; another revision than the
  // stored one throws Error(conflict) and changes nothing. Returns the new revision.
  virtual std::uint64_t put(std::string_view kind, std::string_view id, const Value& content,
                            std::uint64_t expected_revision) = 0;
  [[nodiscard]] virtual std::optional<Document> get(std::string_view kind, std::string_view id) = 0;
  // The ids of a kind, sorted.
  [[nodiscard]] virtual std::vector<std::string> list(std::string_view kind) = 0;
};

// The factory of a configuration's backend. Throws Error(component_missing) saying which component to link.
// Not for multi and noop, which have no sink of their own.
[[nodiscard]] SinkFactory backend_factory(const TelemetryConfig& config);

}  // namespace spark

// What a backend component defines; telemetry/ refers to these weakly, so that linking a backend is all it takes. The
// caller owns the sink. They throw Error.
extern "C" {
spark::Sink* spark_make_memory_sink(const spark::TelemetryConfig& config);
spark::Sink* spark_make_sqlite_sink(const spark::TelemetryConfig& config);
spark::Sink* spark_make_otlp_sink(const spark::TelemetryConfig& config);
// Takes the sink over, also if it throws.
spark::Sink* spark_make_reliable_sink(spark::Sink* inner, const spark::TelemetryConfig& config);
}
