// How long one waits for an answer from an SQLite file with a million spans in a hundred thousand traces: for
// all spans of a trace, for the ten latest traces, and for what ten typical filters find; and from a MemoryStore that
// holds the same, for the first two and one filter. Wall time, the median of several queries.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "harness.h"
#include "spark/backends/memory.h"
#include "spark/backends/sqlite.h"
#include "spark/base/random.h"
#include "spark/telemetry/batch.h"
#include "statistics.h"
#include "temporary_folder.h"

namespace spark::bench {
namespace {

constexpr std::size_t spans_per_trace = 10, traces_per_batch = 1'000;
constexpr std::uint64_t first_trace_ms = 1'736'935'200'000;  // 2025-01-15T10:00:00Z
constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr std::size_t failed_stride = 1'000;

// Traces one millisecond after the other; the same every time.
class History {
 public:
  explicit History(std::size_t traces) : builder_(std::make_shared<Resource>(Resource{.service_name = "bench"})) {
    for (std::size_t i = 0; i < traces; ++i) {
      ids_.push_back(TraceId::make(first_trace_ms + i, random_.next(), random_.next()));
    }
  }

  void write_to(Store& store) {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      add(i);
      if ((i + 1) % traces_per_batch == 0 || i + 1 == ids_.size()) store.write(*builder_.build());
    }
  }
  [[nodiscard]] const std::vector<TraceId>& ids() const noexcept { return ids_; }

 private:
  void add(std::size_t number) {
    const TraceId id = ids_[number];
    const auto start = static_cast<std::int64_t>(first_trace_ms + number) * ns_per_ms;
    builder_.add(TraceView{.is_end = true,
                           .trace_id = id,
                           .root_span_id = root_span_id(id),
                           .start_ns = start,
                           .end_ns = start + ns_per_ms,
                           .status = number % failed_stride == 0 ? TraceStatus::failed : TraceStatus::completed,
                           .name = "document_workflow"});
    for (std::size_t i = 0; i < spans_per_trace; ++i) add_span(id, start, number * spans_per_trace + i);
  }

  // One in a thousand fails, and then has no result.
  void add_span(TraceId trace, std::int64_t trace_start, std::size_t number) {
    constexpr std::string_view names[] = {"LoadNode", "TokenizeNode", "TransformNode", "llm.call", "ReportNode"};
    constexpr std::string_view ids[] = {"load_1", "tokenize_1", "transform_1", "answer_1", "report_1"};
    const std::size_t kind = number % std::size(names);
    const bool has_failed = number % failed_stride == 0;
    const auto attributes = builder_.attributes(4);
    attributes[0] = {"node_id", ValueView(ids[kind])};
    attributes[1] = {"input_size", ValueView(static_cast<std::int64_t>(number))};
    attributes[2] = {"llm.cost", ValueView(static_cast<double>(number % 1'000) * 1e-5)};
    attributes[3] = {
        "outputs",
        ValueView(builder_.keep(std::make_unique<const Value>(Object{{"items", 3}, {"success", !has_failed}})))};
    const auto start = trace_start + static_cast<std::int64_t>(number % spans_per_trace) * 1'000;
    builder_.add(SpanView{.trace_id = trace,
                          .span_id = {random_.next()},
                          .parent_span_id = root_span_id(trace),
                          .start_ns = start,
                          .end_ns = start + static_cast<std::int64_t>(random_.next() % 1'000'000),
                          .status = has_failed ? SpanStatus::failed : SpanStatus::completed,
                          .name = names[kind],
                          .attributes = attributes});
  }

  Random random_{20'250'115};
  std::vector<TraceId> ids_;
  BatchBuilder builder_;
};

// Calls `query(i)` and gives the median of the times in milliseconds, without the first, which opens a
// connection.
template <class Query>
double median_ms(int count, Query&& query) {
  query(0);
  std::vector<double> times;
  for (int i = 1; i <= count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    query(i);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return median(std::move(times));
}

void expect(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(std::string("a query gave something else than ") + what);
}

double trace_ms(Store& store, const History& history) {
  constexpr std::size_t stride = 7'919;  // a prime, so that queries jump about in the file
  return median_ms(500, [&](int i) {
    const TraceId id = history.ids()[static_cast<std::size_t>(i) * stride % history.ids().size()];
    const auto spans = store.query_spans({.trace_id = id});
    expect(spans.size() == spans_per_trace && spans.front().trace_id == id, "the spans of the trace");
  });
}

double latest_ms(Store& store, const History& history) {
  constexpr std::size_t wanted = 10;
  return median_ms(500, [&](int) {
    const auto traces = store.query_traces({.limit = wanted});
    expect(traces.size() == wanted && traces.front().trace_id == history.ids().back(), "the latest traces");
  });
}

// What people ask of many spans at once. Nothing but the trace and, of traces, the start has an index, so that
// most of these look at every span.
std::vector<Result> filters(Store& store, std::size_t traces) {
  using namespace std::chrono_literals;
  const Timestamp middle{std::chrono::milliseconds(first_trace_ms + traces / 2)};
  std::vector<Result> results;
  const auto add = [&](const char* name, const auto& query) {
    constexpr int repetitions = 5;
    const auto ask = [&] {
      if constexpr (std::is_same_v<std::decay_t<decltype(query)>, TraceQuery>) {
        return store.query_traces(query).size();
      } else {
        return store.query_spans(query).size();
      }
    };
    std::size_t rows = 0;
    Result made{.name = name, .unit = "ms"};
    made.value = median_ms(repetitions, [&](int) { rows = ask(); });
    expect(rows > 0, "rows that are there");
    made.note = std::to_string(rows) + " rows of " + std::to_string(traces * spans_per_trace) + " spans";
    results.push_back(made);
  };
  add("query_filters_name", SpanQuery{.limit = 100, .name = "ReportNode"});
  add("query_filters_glob", SpanQuery{.limit = 100, .name = "T*Node"});
  add("query_filters_failed", SpanQuery{.limit = 100, .status = SpanStatus::failed});
  add("query_filters_time_range", SpanQuery{.limit = 100, .start_time = {.from = middle, .to = middle + 1s}});
  add("query_filters_slow_of_a_name", SpanQuery{.limit = 100, .name = "llm.call", .duration = {.min = 999us}});
  add("query_filters_longest", SpanQuery{.limit = 10, .order = Order::longest_first});
  add("query_filters_attribute_equal", SpanQuery{.limit = 100, .attributes = {attribute("node_id") == "answer_1"}});
  add("query_filters_attribute_greater",
      SpanQuery{.limit = 100, .name = "llm.call", .attributes = {attribute("llm.cost") > 0.0099}});
  add("query_filters_attribute_nested",
      SpanQuery{.limit = 100, .attributes = {attribute("outputs", "success") == false}});
  add("query_filters_failed_traces", TraceQuery{.limit = 10, .name = "document_*", .status = TraceStatus::failed});
  return results;
}

std::vector<Result> queries(const Options& options) {
  const std::size_t traces = options.quick ? 10'000 : 100'000;
  const TemporaryFolder folder;
  SqliteStore store({.path = folder.file("telemetry.db")});
  History history(traces);
  history.write_to(store);

  const std::string note = std::to_string(traces * spans_per_trace) + " spans, wall time";
  const auto result = [&](const char* name, double ms) {
    Result made{.name = name, .value = ms, .unit = "ms"};
    made.target = 1;
    made.note = note;
    return made;
  };
  std::vector<Result> results = {result("query_trace", trace_ms(store, history)),
                                 result("query_latest10", latest_ms(store, history))};
  for (Result& made : filters(store, traces)) results.push_back(std::move(made));
  return results;
}

std::vector<Result> memory_queries(const Options& options) {
  const std::size_t traces = options.quick ? 10'000 : 100'000;
  MemoryStore store({.size_bytes = std::size_t{8} << 30});
  History history(traces);
  history.write_to(store);
  if (store.evictions() != MemoryStore::Evictions()) throw std::runtime_error("the store does not hold them all");
  const std::string note = std::to_string(traces * spans_per_trace) + " spans, wall time";
  const auto result = [&](const char* name, double ms) {
    Result made{.name = name, .value = ms, .unit = "ms"};
    made.note = note;
    return made;
  };
  const auto by_name = [&](int) {
    expect(store.query_spans({.limit = 100, .name = "ReportNode"}).size() == 100, "a hundred of them");
  };
  return {result("memory_query_trace", trace_ms(store, history)),
          result("memory_query_latest10", latest_ms(store, history)),
          result("memory_query_name", median_ms(5, by_name))};
}

}  // namespace

void add_query_rows(std::vector<Row>& rows) {
  rows.push_back({{"query_trace", "query_latest10", "query_filters"}, queries});
  rows.push_back({{"memory_query_trace", "memory_query_latest10", "memory_query_name"}, memory_queries});
}

}  // namespace spark::bench
