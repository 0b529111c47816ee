// RecordingSink gives a test everything that reached a sink, and control over the sink: it can hold a write
// up, throw, or call the test back. The manager owns its sinks, so what a sink is given lives in a SinkLog
// that the test shares with it.
//
//   fakes::TestManager telemetry;                    // a manager with a VirtualClock, a seed and one
//   RecordingSink telemetry.manager.start_trace("t").end(); EXPECT_EQ(telemetry.log().trace_end("t").status,
//   TraceStatus::completed);
//
// A SinkLog is safe from any thread. Its accessors copy; those for one record throw std::runtime_error when
// there is not exactly one, which fails the test.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/telemetry/batch.h"
#include "spark/telemetry/manager.h"
#include "spark/telemetry/sink.h"

namespace spark::fakes {

// No test waits longer than this for something that is going to happen.
inline constexpr std::chrono::seconds patience{60};

class SinkLog {
 public:
  // Counting alone costs little memory: for tests with millions of records.
  explicit SinkLog(bool keeps_records = true) : keeps_records_(keeps_records) {}

  // ---- what the sink was given ----
  [[nodiscard]] std::vector<Trace> traces() const { return copy_of(traces_); }  // starts and ends
  [[nodiscard]] std::vector<Span> spans() const { return copy_of(spans_); }
  [[nodiscard]] std::vector<Event> events() const { return copy_of(events_); }  // recorded ones
  [[nodiscard]] std::vector<Event> span_events() const { return copy_of(span_events_); }
  [[nodiscard]] std::vector<Metric> metrics() const { return copy_of(metrics_); }
  [[nodiscard]] std::vector<GraphDefinition> graphs() const { return copy_of(graphs_); }
  [[nodiscard]] std::optional<Resource> resource() const { return copy_of(resource_); }
  [[nodiscard]] std::uint64_t count(RecordKind kind) const { return copy_of(counts_)[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] std::uint64_t span_event_count() const { return copy_of(span_event_count_); }
  [[nodiscard]] std::uint64_t failed_span_count() const { return copy_of(failed_span_count_); }
  [[nodiscard]] std::vector<std::size_t> batch_sizes() const { return copy_of(batch_sizes_); }  // records
  [[nodiscard]] std::vector<std::size_t> batch_bytes() const { return copy_of(batch_bytes_); }
  [[nodiscard]] std::uint64_t flushes() const { return copy_of(flushes_); }

  // The one record of that name.
  [[nodiscard]] Trace trace_start(std::string_view name) const {
    return one(traces(), name, [](const Trace& trace) { return !trace.end_time.has_value(); });
  }
  [[nodiscard]] Trace trace_end(std::string_view name) const {
    return one(traces(), name, [](const Trace& trace) { return trace.end_time.has_value(); });
  }
  [[nodiscard]] Span span(std::string_view name) const { return one(spans(), name, any); }
  [[nodiscard]] Event event(std::string_view name) const { return one(events(), name, any); }
  [[nodiscard]] Event span_event(std::string_view name) const { return one(span_events(), name, any); }
  [[nodiscard]] Metric metric(std::string_view name) const { return one(metrics(), name, any); }

  // ---- what the sink does ----
  // The next write waits until release(), and so do those after it.
  void block() { set(is_blocked_, true); }
  void release() { set(is_blocked_, false); }
  // Writes throw std::runtime_error(message); empty: no longer.
  void fail_writes(std::string message) { set(write_error_, std::move(message)); }
  void fail_flushes(std::string message) { set(flush_error_, std::move(message)); }
  // Called in each write, on the sink's thread. To be set before there is one.
  std::function<void(const Batch&)> on_write;

  // Both false if it did not happen in time.
  [[nodiscard]] bool wait_until_blocked() {
    return wait([this] { return waiting_writes_ > 0; });
  }
  [[nodiscard]] bool wait_for_records(std::uint64_t records) {
    return wait([this, records] {
      std::uint64_t sum = 0;
      for (const std::uint64_t count : counts_) sum += count;
      return sum >= records;
    });
  }

  // The sink's.
  void write(const Batch& batch) {
    if (on_write) on_write(batch);
    std::unique_lock lock(mutex_);
    ++waiting_writes_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_blocked_; });
    --waiting_writes_;
    if (!write_error_.empty()) throw std::runtime_error(write_error_);
    keep(batch);
    changed_.notify_all();
  }
  void flush() {
    const std::lock_guard lock(mutex_);
    ++flushes_;
    if (!flush_error_.empty()) throw std::runtime_error(flush_error_);
  }

 private:
  static constexpr auto any = [](const auto&) { return true; };

  template <class T>
  [[nodiscard]] T copy_of(const T& member) const {
    const std::lock_guard lock(mutex_);
    return member;
  }
  template <class T>
  void set(T& member, T value) {
    const std::lock_guard lock(mutex_);
    member = std::move(value);
    changed_.notify_all();
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, condition);
  }
  template <class Record, class Condition>
  static Record one(const std::vector<Record>& records, std::string_view name, Condition condition) {
    const Record* found = nullptr;
    for (const Record& record : records) {
      if (record.name != name || !condition(record)) continue;
      if (found != nullptr) throw std::runtime_error("more than one record is named " + std::string(name));
      found = &record;
    }
    if (found == nullptr) throw std::runtime_error("no record is named " + std::string(name));
    return *found;
  }

  void keep(const Batch& batch) {
    const auto counts = batch.counts();
    for (std::size_t kind = 0; kind < record_kinds; ++kind) counts_[kind] += counts[kind];
    batch_sizes_.push_back(batch.size());
    batch_bytes_.push_back(batch.size_bytes());
    resource_ = batch.resource();
    for (const SpanView& span : batch.spans()) {
      span_event_count_ += span.events.size();
      failed_span_count_ += span.status == SpanStatus::failed ? 1 : 0;
    }
    if (!keeps_records_) return;
    for (const TraceView& trace : batch.traces()) traces_.push_back(to_record(trace));
    for (const SpanView& span : batch.spans()) {
      spans_.push_back(to_record(span));
      for (const SpanEventView& event : span.events) span_events_.push_back(to_record(span, event));
    }
    for (const EventView& event : batch.events()) events_.push_back(to_record(event));
    for (const MetricView& metric : batch.metrics()) metrics_.push_back(to_record(metric));
    for (const GraphDefinition& graph : batch.graphs()) graphs_.push_back(graph);
  }

  const bool keeps_records_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Trace> traces_;
  std::vector<Span> spans_;
  std::vector<Event> events_;
  std::vector<Event> span_events_;
  std::vector<Metric> metrics_;
  std::vector<GraphDefinition> graphs_;
  std::optional<Resource> resource_;
  std::array<std::uint64_t, record_kinds> counts_{};
  std::uint64_t span_event_count_ = 0;
  std::uint64_t failed_span_count_ = 0;
  std::vector<std::size_t> batch_sizes_;
  std::vector<std::size_t> batch_bytes_;
  std::uint64_t flushes_ = 0;
  bool is_blocked_ = false;
  std::size_t waiting_writes_ = 0;
  std::string write_error_;
  std::string flush_error_;
};

class RecordingSink final : public Sink {
 public:
  explicit RecordingSink(std::shared_ptr<SinkLog> log) : log_(std::move(log)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "recording"; }
  void write(const Batch& batch) override { log_->write(batch); }
  void flush(Deadline) override { log_->flush(); }

  [[nodiscard]] static SinkFactory factory(std::shared_ptr<SinkLog> log) {
    return [log = std::move(log)](const TelemetryConfig&) { return std::make_unique<RecordingSink>(log); };
  }

 private:
  std::shared_ptr<SinkLog> log_;
};

// A manager whose time stands still, whose ids are a fixed sequence, and whose records go to `sinks`
// RecordingSinks.
class TestManager {
 public:
  explicit TestManager(const TelemetryConfig& config = {}, std::size_t sinks = 1)
      : TestManager(config, make_logs(sinks)) {}
  TestManager(const TelemetryConfig& config, std::vector<std::shared_ptr<SinkLog>> logs)
      : logs_(std::move(logs)), manager(config, sources()) {}
  // A write that still waits would keep the manager waiting for its deadline.
  ~TestManager() {
    for (const auto& log : logs_) log->release();
  }

  // What has reached the sink, everything recorded so far included.
  SinkLog& log(std::size_t sink = 0) {
    manager.flush(patience);
    return *logs_.at(sink);
  }
  // The same without a flush.
  SinkLog& unflushed_log(std::size_t sink = 0) { return *logs_.at(sink); }

 private:
  std::vector<std::shared_ptr<SinkLog>> logs_;

  static std::vector<std::shared_ptr<SinkLog>> make_logs(std::size_t count) {
    std::vector<std::shared_ptr<SinkLog>> logs;
    while (logs.size() < count) logs.push_back(std::make_shared<SinkLog>());
    return logs;
  }
  ManagerSources sources() {
    ManagerSources result{.clock = &clock, .random_seed = 20'250'115, .sinks = {}};
    for (const auto& log : logs_) result.sinks.push_back(RecordingSink::factory(log));
    return result;
  }

 public:
  VirtualClock clock;
  TelemetryManager manager;
};

}  // namespace spark::fakes
