// A Batch is what a Sink is given: records of one manager as views into one arena, ids binary, times in nanoseconds.
// Immutable once built and shared between sinks; views live as long as the Batch.
//
// The manager's drainer makes batches; BatchBuilder also makes them of owned records, for importers and tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "spark/telemetry/records.h"
#include "spark/telemetry/stats.h"

namespace spark {

// A borrowed Value: scalars and text in place, the rest by pointer.
class ValueView {
 public:
  constexpr ValueView() noexcept : type_(ValueType::null), integer_(0) {}
  constexpr explicit ValueView(bool value) noexcept : type_(ValueType::boolean), boolean_(value) {}
  constexpr explicit ValueView(std::int64_t value) noexcept : type_(ValueType::integer), integer_(value) {}
  constexpr explicit ValueView(double value) noexcept : type_(ValueType::number), number_(value) {}
  constexpr explicit ValueView(std::string_view value) noexcept : type_(ValueType::string), text_(value) {}
  // Of any type; scalars and strings are taken apart so that nobody has to look behind the pointer for them.
  explicit ValueView(const Value& value) noexcept;

  [[nodiscard]] constexpr ValueType type() const noexcept { return type_; }
  // Each is meaningful only for its type.
  [[nodiscard]] constexpr bool boolean() const noexcept { return boolean_; }
  [[nodiscard]] constexpr std::int64_t integer() const noexcept { return integer_; }
  [[nodiscard]] constexpr double number() const noexcept { return number_; }
  [[nodiscard]] constexpr std::string_view text() const noexcept { return text_; }
  [[nodiscard]] constexpr const Value& nested() const noexcept { return *nested_; }  // bytes, array, object

  [[nodiscard]] Value to_value() const;

 private:
  ValueType type_;
  union {
    bool boolean_;
    std::int64_t integer_;
    double number_;
    std::string_view text_;
    const Value* nested_;
  };
};

struct AttributeView {
  std::string_view key = {};
  ValueView value = {};
};
using AttributesView = std::span<const AttributeView>;  // each key once, in no particular order

struct TraceView {
  bool is_end = false;
  TraceId trace_id = {};
  SpanId root_span_id = {};
  std::int64_t start_ns = 0;  // since the epoch, as all below
  std::int64_t end_ns = 0;    // meaningful if is_end
  TraceStatus status = TraceStatus::started;
  std::string_view name = {};
  std::string_view graph_hash = {};
  AttributesView attributes = {};
};

struct SpanEventView {
  EventId event_id = {};
  std::int64_t time_ns = 0;
  std::string_view name = {};
  AttributesView attributes = {};
};

struct SpanView {
  TraceId trace_id = {};
  SpanId span_id = {};
  SpanId parent_span_id = {};
  std::int64_t start_ns = 0;
  std::int64_t end_ns = 0;
  SpanKind kind = SpanKind::INTERNAL;
  SpanStatus status = SpanStatus::completed;
  bool is_local_root = false;  // its trace began elsewhere or was never started: it stands for the trace
  std::string_view name = {};
  std::string_view status_message = {};
  std::string_view error_type = {};
  AttributesView attributes = {};
  std::span<const SpanEventView> events = {};
};

struct EventView {
  EventId event_id = {};
  TraceId trace_id = {};
  SpanId span_id = {};
  std::int64_t time_ns = 0;
  std::string_view type = {};
  std::string_view name = {};
  AttributesView attributes = {};
  EventSource source = EventSource::recorded;  // `span` only where an importer has the event without its span
};

struct MetricView {
  MetricId metric_id = {};
  TraceId trace_id = {};
  SpanId span_id = {};
  std::int64_t time_ns = 0;
  double value = 0;
  AggregationType aggregation_type = AggregationType::gauge;
  bool is_self_metric = false;  // counts as RecordKind::self_metric
  std::string_view name = {};
  std::string_view unit = {};
  AttributesView attributes = {};
  const Distribution* distribution = nullptr;
};

class Batch {
 public:
  // Spans are made of pointer and size here and in attributes.h: std::span's constructor from a container costs a tenth
  // of a second of compile time.
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  [[nodiscard]] const Resource& resource() const noexcept { return *resource_; }
  [[nodiscard]] std::span<const TraceView> traces() const noexcept { return {traces_.data(), traces_.size()}; }
  [[nodiscard]] std::span<const SpanView> spans() const noexcept { return {spans_.data(), spans_.size()}; }
  [[nodiscard]] std::span<const EventView> events() const noexcept { return {events_.data(), events_.size()}; }
  [[nodiscard]] std::span<const MetricView> metrics() const noexcept { return {metrics_.data(), metrics_.size()}; }
  [[nodiscard]] std::span<const GraphDefinition> graphs() const noexcept { return {graphs_.data(), graphs_.size()}; }

  // How many records of each kind, by RecordKind.
  [[nodiscard]] std::array<std::uint64_t, record_kinds> counts() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  // Memory held, for the bounds of queues.
  [[nodiscard]] std::size_t size_bytes() const noexcept;

 private:
  friend class BatchBuilder;
  Batch();

  struct Arena;
  std::unique_ptr<Arena> arena_;
  std::shared_ptr<const Resource> resource_;
  std::vector<TraceView> traces_;
  std::vector<SpanView> spans_;
  std::vector<EventView> events_;
  std::vector<MetricView> metrics_;
  std::vector<GraphDefinition> graphs_;
};

// Not thread-safe. Everything passed by view is expected to be in this builder's arena or to outlive the batch, except
// for the add(…) of owned records, which copy.
class BatchBuilder {
 public:
  explicit BatchBuilder(std::shared_ptr<const Resource> resource);
  ~BatchBuilder();
  BatchBuilder(BatchBuilder&&) noexcept;
  BatchBuilder& operator=(BatchBuilder&&) noexcept;

  // Copies into the arena.
  [[nodiscard]] std::string_view copy(std::string_view text);
  // Uninitialized room for `count` views, to be filled by the caller.
  [[nodiscard]] std::span<AttributeView> attributes(std::size_t count);
  [[nodiscard]] std::span<SpanEventView> span_events(std::size_t count);
  // Keeps the value alive with the batch.
  [[nodiscard]] const Value& keep(std::unique_ptr<const Value> value);
  [[nodiscard]] const Distribution& keep(std::unique_ptr<const Distribution> distribution);

  void add(const TraceView& trace);
  void add(const SpanView& span);
  void add(const EventView& event);
  void add(const MetricView& metric);
  void add(GraphDefinition graph);

  // A trace whose end_time is empty becomes a start, otherwise an end.
  void add(const Trace& trace);
  void add(const Span& span, std::span<const Event> span_events = {});
  void add(const Event& event);  // of either source
  void add(const Metric& metric);

  [[nodiscard]] std::size_t size() const noexcept;
  // What the batch would say of itself. Costs a few additions, however much there is.
  [[nodiscard]] std::size_t size_bytes() const noexcept;
  // Hands the batch over and starts a new one with the same resource.
  [[nodiscard]] std::shared_ptr<const Batch> build();

 private:
  [[nodiscard]] AttributesView copy(const Object& attributes);

  std::unique_ptr<Batch> batch_;
};

// Owned copies of views, for stores that keep records and for tests.
[[nodiscard]] Object to_object(AttributesView attributes);
[[nodiscard]] Trace to_record(const TraceView& trace);
[[nodiscard]] Span to_record(const SpanView& span);
[[nodiscard]] Event to_record(const SpanView& span, const SpanEventView& event);
[[nodiscard]] Event to_record(const EventView& event);
[[nodiscard]] Metric to_record(const MetricView& metric);

// The traces of a batch, one for each trace id: an end wins over a start, the later of two ends is ignored. In order of
// first appearance. Stores write these; facts about merging with rows already stored are theirs.
[[nodiscard]] std::vector<const TraceView*> reduce_traces(const Batch& batch);

// JSON of attributes, members in key order, as append_json of to_object(attributes) but without the detour.
void append_json(std::string& out, AttributesView attributes);

}  // namespace spark
