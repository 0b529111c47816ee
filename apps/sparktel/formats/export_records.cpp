#include "apps/sparktel/formats/export_records.h"

#include <algorithm>
#include <set>
#include <utility>

#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

// Small enough that a page of records with their largest attributes does no harm.
constexpr std::size_t page_rows = 1'000;
constexpr std::size_t sorted_spans = 10'000;
// The limit of a query is for all of each_span, which here takes as long as it takes.
constexpr Seconds no_time_limit{1e6};

class Export {
 public:
  Export(Store& store, const ExportSelection& selection, RecordWriter& writer,
         const std::function<void(const ExportResult&)>& after_record)
      : store_(store), selection_(selection), writer_(writer), after_record_(after_record) {}

  ExportResult run(const TraceIdsAfter& trace_ids) {
    writer_.begin([this] { return first_time(); });
    if (selection_.trace) {
      write_trace(*selection_.trace);
      if (result_.total() == 0 && !is_there(*selection_.trace)) {
        throw Error(ErrorCode::not_found, "no trace " + selection_.trace->to_string() + " in " +
                                              std::string(store_.name()) + "; sparktel traces lists them");
      }
    } else {
      TraceId last;
      for (std::vector<TraceId> ids; !(ids = trace_ids(last, page_rows)).empty(); last = ids.back()) {
        for (const TraceId id : ids) write_trace(id);
      }
      if (selection_.without_trace) write_trace({});
    }
    if (selection_.kinds.graphs) write_graphs();
    writer_.end();
    after_record_(result_);
    return result_;
  }

 private:
  [[nodiscard]] bool is_everything() const { return !selection_.trace && selection_.time == TimeRange{}; }

  // Whatever its records are.
  [[nodiscard]] bool is_there(TraceId id) {
    TraceQuery traces{.limit = 1, .trace_id = id};
    SpanQuery spans{.limit = 1, .trace_id = id};
    EventQuery events{.limit = 1, .trace_id = id};
    MetricQuery metrics{.limit = 1, .trace_id = id};
    return !store_.query_traces(traces).empty() || !store_.query_spans(spans).empty() ||
           !store_.query_events(events).empty() || !store_.query_metrics(metrics).empty();
  }

  // The start of the first trace or span that is selected.
  [[nodiscard]] Timestamp first_time() {
    std::optional<Timestamp> first;
    const auto earlier = [&](Timestamp time) { first = std::min(first.value_or(time), time); };
    TraceQuery traces{.limit = 1, .trace_id = selection_.trace, .order = Order::oldest_first};
    traces.start_time = selection_.time;
    traces.with_attributes = false;
    for (const Trace& trace : store_.query_traces(traces)) earlier(trace.start_time);
    SpanQuery spans{.limit = 1, .trace_id = selection_.trace, .order = Order::oldest_first};
    spans.time_limit = no_time_limit;
    spans.start_time = selection_.time;
    spans.with_attributes = false;
    for (const Span& span : store_.query_spans(spans)) earlier(span.start_time);
    return first.value_or(Timestamp{});
  }

  void write_trace(TraceId id) {
    after_record_(result_);
    std::optional<Trace> trace;
    if (id.is_valid()) {
      const TraceQuery query{.trace_id = id};
      Page<Trace> page = store_.query_traces(query);
      if (!page.empty()) trace = std::move(page.rows.front());
    }
    if (trace && !selection_.time.contains(trace->start_time)) return;
    // Without a trace to go by, each record goes by its own time.
    const TimeRange time = trace ? TimeRange{} : selection_.time;
    begin(id, trace, time);
    if (trace) {
      if (!trace->graph_hash.empty()) graph_hashes_.insert(trace->graph_hash);
      if (selection_.kinds.traces) written(result_.traces, *trace);
    }
    if (selection_.kinds.spans || (selection_.kinds.graphs && !is_everything())) write_spans(id, time);
    if (selection_.kinds.events) {
      EventQuery query{.limit = page_rows, .trace_id = id, .order = Order::oldest_first};
      query.timestamp = time;
      write_pages(query, result_.events, [&](const EventQuery& next) { return store_.query_events(next); });
    }
    if (selection_.kinds.metrics) {
      MetricQuery query{.limit = page_rows, .trace_id = id, .order = Order::oldest_first};
      query.timestamp = time;
      write_pages(query, result_.metrics, [&](const MetricQuery& next) { return store_.query_metrics(next); });
    }
  }

  void begin(TraceId id, const std::optional<Trace>& trace, const TimeRange& time) {
    writer_.begin_trace(id, trace ? std::string_view(trace->name) : std::string_view(),
                        [&](const std::function<void(const Span&)>& visit) {
                          SpanQuery query = spans_of(id, time);
                          query.with_attributes = false;
                          store_.each_span(query, [&](const Span& span) {
                            visit(span);
                            return true;
                          });
                        });
  }

  [[nodiscard]] static SpanQuery spans_of(TraceId id, const TimeRange& time) {
    SpanQuery query{.trace_id = id};
    query.start_time = time;
    query.time_limit = no_time_limit;
    return query;
  }

  // By id, in which a store need not give them: those of a trace with more than are held come as the store has them.
  void write_spans(TraceId id, const TimeRange& time) {
    std::vector<Span> held;
    bool is_held = true;
    const auto write_held = [&] {
      std::sort(held.begin(), held.end(), [](const Span& a, const Span& b) { return a.span_id < b.span_id; });
      for (const Span& span : std::exchange(held, {})) written(result_.spans, span);
    };
    store_.each_span(spans_of(id, time), [&](const Span& span) {
      const Value* const hash = span.attributes.find("graph_hash");
      if (hash != nullptr && hash->is_string() && !is_everything()) graph_hashes_.insert(hash->as_string());
      if (!selection_.kinds.spans) return true;
      if (is_held) {
        held.push_back(span);
        if (held.size() < sorted_spans) return true;
        is_held = false;
        write_held();
      } else {
        written(result_.spans, span);
      }
      return true;
    });
    write_held();
  }

  template <class Query, class Ask>
  void write_pages(Query query, std::uint64_t& count, const Ask& ask) {
    for (;;) {
      const auto page = ask(query);
      for (const auto& record : page) written(count, record);
      if (!page.truncated) return;
      query.cursor = page.cursor;
    }
  }

  // Graph definitions are one for each version of a graph, so they fit in memory; they come last declared first.
  void write_graphs() {
    std::vector<GraphDefinition> graphs;
    GraphQuery query{.limit = page_rows};
    for (;;) {
      Page<GraphDefinition> page = store_.query_graphs(query);
      for (GraphDefinition& graph : page.rows) {
        if (is_everything() || graph_hashes_.contains(graph.hash)) graphs.push_back(std::move(graph));
      }
      if (!page.truncated) break;
      query.cursor = page.cursor;
    }
    for (auto graph = graphs.rbegin(); graph != graphs.rend(); ++graph) written(result_.graphs, *graph);
  }

  template <class AnyRecord>
  void written(std::uint64_t& count, const AnyRecord& record) {
    writer_.add(record);
    ++count;
    after_record_(result_);
  }

  Store& store_;
  const ExportSelection& selection_;
  RecordWriter& writer_;
  const std::function<void(const ExportResult&)>& after_record_;
  ExportResult result_;
  std::set<std::string> graph_hashes_;  // that the selected traces name
};

}  // namespace

ExportResult export_records(Store& store, const TraceIdsAfter& trace_ids, const ExportSelection& selection,
                            RecordWriter& writer, const std::function<void(const ExportResult&)>& after_record) {
  return Export(store, selection, writer, after_record).run(trace_ids);
}

}  // namespace spark::sparktel
