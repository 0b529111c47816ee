// How long one waits for an answer from an SQLite file with a million spans in a hundred thousand traces: for
// all spans of a trace, and for the ten latest traces. Wall time, the median of many queries.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "harness.h"
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
                           .status = TraceStatus::completed,
                           .name = "document_workflow"});
    for (std::size_t i = 0; i < spans_per_trace; ++i) {
      const auto attributes = builder_.attributes(3);
      attributes[0] = {"node_id", ValueView(std::string_view("transform_1"))};
      attributes[1] = {"node_type", ValueView(std::string_view("TransformNode"))};
      attributes[2] = {"input_size", ValueView(static_cast<std::int64_t>(number * spans_per_trace + i))};
      builder_.add(SpanView{.trace_id = id,
                            .span_id = {random_.next()},
                            .parent_span_id = root_span_id(id),
                            .start_ns = start + static_cast<std::int64_t>(i) * 1'000,
                            .end_ns = start + static_cast<std::int64_t>(i + 1) * 1'000,
                            .name = "TransformNode",
                            .attributes = attributes});
    }
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
  return {result("query_trace", trace_ms(store, history)), result("query_latest10", latest_ms(store, history))};
}

}  // namespace

void add_query_rows(std::vector<Row>& rows) { rows.push_back({{"query_trace", "query_latest10"}, queries}); }

}  // namespace spark::bench
