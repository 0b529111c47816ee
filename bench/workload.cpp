#include "workload.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "spark/base/random.h"
#include "spark/telemetry/batch.h"

namespace spark::bench {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t traces_per_batch = 500;
constexpr double failed_share = 0.03;
constexpr std::array<const char*, workload_names> names = {
    "LoadNode",   "ParseNode",  "TokenizeNode", "CleanNode", "EmbedNode",  "SearchNode", "RankNode",
    "FilterNode", "JoinNode",   "PromptNode",   "chat gpt",  "AnswerNode", "CheckNode",  "RetryNode",
    "StoreNode",  "NotifyNode", "CacheNode",    "SplitNode", "MergeNode",  "ReportNode"};
constexpr std::size_t model_call = 10;  // the name of the spans that cost money

class Workload {
 public:
  Workload(Store& store, const WorkloadOptions& options)
      : store_(store),
        options_(options),
        random_(options.seed),
        builder_(std::make_shared<Resource>(Resource{.service_name = "workload", .producer_id = options.seed})) {}

  void write() {
    builder_.add(GraphDefinition{.hash = "workload-1", .graph_id = "workload", .version = "1"});
    builder_.add(GraphDefinition{.hash = "workload-2", .graph_id = "workload", .version = "2"});
    std::size_t left = options_.spans;
    for (std::size_t i = 0; i < options_.traces; ++i) {
      const std::size_t traces_left = options_.traces - i;
      const std::size_t spans =
          traces_left == 1 ? left : std::min(left - (traces_left - 1), spans_of_a_trace(left, traces_left));
      left -= spans;
      add_trace(i, std::max<std::size_t>(spans, 1));
      if ((i + 1) % traces_per_batch == 0 || traces_left == 1) store_.write(*builder_.build());
    }
  }

 private:
  double share() { return static_cast<double>(random_.next() >> 11) * 0x1.0p-53; }
  // Of a median of `median` with a long tail: the exponential of something like a normal distribution.
  double skewed(double median) { return median * std::exp((share() + share() + share() - 1.5) * 2); }
  nanoseconds skewed_ms(double median) { return nanoseconds(static_cast<std::int64_t>(skewed(median) * 1e6)); }
  RecordId next_id() { return {options_.seed, ++records_}; }

  std::size_t spans_of_a_trace(std::size_t spans_left, std::size_t traces_left) {
    const double mean = static_cast<double>(spans_left) / static_cast<double>(traces_left);
    return std::max<std::size_t>(1, static_cast<std::size_t>(skewed(mean * 0.8)));
  }

  void add_trace(std::size_t number, std::size_t spans) {
    const std::uint64_t start_ms = workload_start_ms + number * workload_interval_ms;
    const std::string version = number * 2 < options_.traces ? "1" : "2";
    Trace trace{.trace_id = TraceId::make(start_ms, random_.next(), random_.next()),
                .name = "workload",
                .start_time = Timestamp(std::chrono::milliseconds(start_ms)),
                .status = TraceStatus::completed,
                .attributes = {{"graph_id", "workload"}, {"graph_version", version}, {"tenant", skewed_tenant()}},
                .graph_hash = "workload-" + version};
    trace.root_span_id = root_span_id(trace.trace_id);
    Timestamp end = trace.start_time;
    std::vector<Span> made;
    for (std::size_t i = 0; i < spans; ++i) {
      made.push_back(make_span(trace, made, end));
      end = std::max(end, made.back().end_time);
      if (made.back().status == SpanStatus::failed) trace.status = TraceStatus::failed;
    }
    made.front().end_time = end;
    trace.end_time = end;
    for (const Span& span : made) add_span(span);
    builder_.add(trace);
    builder_.add(Metric{.metric_id = next_id(),
                        .trace_id = trace.trace_id,
                        .name = "graph_duration",
                        .value = trace.duration().count(),
                        .unit = "seconds",
                        .aggregation_type = AggregationType::histogram,
                        .timestamp = end,
                        .attributes = {{"graph_id", "workload"}}});
  }

  std::string skewed_tenant() { return "tenant_" + std::to_string(static_cast<int>(share() * share() * share() * 50)); }

  // One of the spans so far is its parent; it begins beside or after the last one.
  Span make_span(const Trace& trace, const std::vector<Span>& before, Timestamp end) {
    const bool is_top = before.empty();
    // The square makes the first names frequent.
    const auto kind = static_cast<std::size_t>(share() * share() * static_cast<double>(workload_names));
    const std::size_t parent =
        is_top ? 0 : static_cast<std::size_t>(share() * share() * static_cast<double>(before.size()));
    const Timestamp start = is_top ? trace.start_time : (share() < 0.3 ? before.back().start_time : end);
    Span span{.span_id = is_top ? trace.root_span_id : SpanId{random_.next() | 1},
              .trace_id = trace.trace_id,
              .parent_span_id = is_top ? SpanId{} : before[parent].span_id,
              .name = is_top ? "workload" : names[kind],
              .kind = kind == model_call ? SpanKind::CLIENT : SpanKind::INTERNAL,
              .start_time = start,
              .end_time = start + skewed_ms(1 + static_cast<double>(kind)),
              .attributes = {{"node_id", "node_" + std::to_string(kind)}, {"node_type", names[kind]}, {"attempt", 1}}};
    if (kind == model_call) {
      const auto tokens = static_cast<std::int64_t>(skewed(400));
      span.attributes.set("gen_ai.request.model", share() < 0.8 ? "small" : "large");
      span.attributes.set("gen_ai.usage.input_tokens", tokens);
      span.attributes.set("gen_ai.usage.output_tokens", tokens / 4);
      span.attributes.set("llm.cost", static_cast<double>(tokens) * 2e-6);
    }
    if (share() < failed_share) {
      span.status = SpanStatus::failed;
      span.error_type = share() < 0.7 ? "TimeoutError" : "std::runtime_error";
      span.status_message = "no answer within " + std::to_string(static_cast<int>(skewed(30))) + " ms";
    }
    return span;
  }

  void add_span(const Span& span) {
    std::vector<Event> of_span;
    if (span.kind == SpanKind::CLIENT) {
      of_span.push_back({.event_id = next_id(),
                         .trace_id = span.trace_id,
                         .span_id = span.span_id,
                         .name = "first token",
                         .timestamp = span.start_time,
                         .source = EventSource::span});
    }
    builder_.add(span, of_span);
    if (span.status == SpanStatus::failed) {
      builder_.add(Event{.event_id = next_id(),
                         .trace_id = span.trace_id,
                         .span_id = span.span_id,
                         .type = "node_failed",
                         .name = span.name + " Failed",
                         .timestamp = span.end_time,
                         .attributes = {{"error_message", span.status_message}}});
    }
    if (random_.next() % 4 == 0) {
      builder_.add(Metric{.metric_id = next_id(),
                          .trace_id = span.trace_id,
                          .span_id = span.span_id,
                          .name = "node_duration",
                          .value = span.duration().count(),
                          .unit = "seconds",
                          .aggregation_type = AggregationType::histogram,
                          .timestamp = span.end_time,
                          .attributes = {{"node_id", *span.attributes.find("node_id")}}});
    }
  }

  Store& store_;
  const WorkloadOptions options_;
  Random random_;
  BatchBuilder builder_;
  std::uint64_t records_ = 0;
};

}  // namespace

void write_workload(Store& store, const WorkloadOptions& options) { Workload(store, options).write(); }

}  // namespace spark::bench
