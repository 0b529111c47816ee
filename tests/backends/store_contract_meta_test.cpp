// Does the contract notice? A memory store that ignores one field, order or limit at a time must fail at
// least one case.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "backends/store_contract.h"
#include "spark/backends/memory.h"

namespace spark::testing {
namespace {

// What to spoil: queries before, answers after. What is not set is left alone.
struct Fault {
  std::string name;
  std::function<void(TraceQuery&)> trace_query = [](TraceQuery&) {};
  std::function<void(SpanQuery&)> span_query = [](SpanQuery&) {};
  std::function<void(EventQuery&)> event_query = [](EventQuery&) {};
  std::function<void(MetricQuery&)> metric_query = [](MetricQuery&) {};
  std::function<void(GraphQuery&)> graph_query = [](GraphQuery&) {};
  std::function<void(Page<Trace>&)> traces = [](Page<Trace>&) {};
  std::function<void(Page<Span>&)> spans = [](Page<Span>&) {};
  std::function<void(Page<Event>&)> events = [](Page<Event>&) {};
  std::function<void(Page<Metric>&)> metrics = [](Page<Metric>&) {};
  std::function<void(Page<GraphDefinition>&)> graphs = [](Page<GraphDefinition>&) {};
};

template <class Query, class SpoilQuery, class SpoilPage, class Run>
auto spoiled(Query query, const SpoilQuery& spoil_query, const SpoilPage& spoil_page, const Run& run) {
  spoil_query(query);
  auto page = run(query);
  spoil_page(page);
  return page;
}

class FaultyStore final : public Store {
 public:
  explicit FaultyStore(const Fault& fault) : fault_(fault) {}

  std::string_view name() const noexcept override { return "faulty"; }
  void write(const Batch& batch) override { store_.write(batch); }
  void flush(Deadline deadline) override { store_.flush(deadline); }
  Page<Trace> query_traces(const TraceQuery& query) override {
    return spoiled(query, fault_.trace_query, fault_.traces, [&](const auto& q) { return store_.query_traces(q); });
  }
  Page<Span> query_spans(const SpanQuery& query) override {
    return spoiled(query, fault_.span_query, fault_.spans, [&](const auto& q) { return store_.query_spans(q); });
  }
  Page<Event> query_events(const EventQuery& query) override {
    return spoiled(query, fault_.event_query, fault_.events, [&](const auto& q) { return store_.query_events(q); });
  }
  Page<Metric> query_metrics(const MetricQuery& query) override {
    return spoiled(query, fault_.metric_query, fault_.metrics, [&](const auto& q) { return store_.query_metrics(q); });
  }
  Page<GraphDefinition> query_graphs(const GraphQuery& query) override {
    return spoiled(query, fault_.graph_query, fault_.graphs, [&](const auto& q) { return store_.query_graphs(q); });
  }
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content, std::uint64_t revision) override {
    return store_.put(kind, id, content, revision);
  }
  std::optional<Document> get(std::string_view kind, std::string_view id) override { return store_.get(kind, id); }
  std::vector<std::string> list(std::string_view kind) override { return store_.list(kind); }

 private:
  const Fault& fault_;
  MemoryStore store_;
};

std::vector<std::string> failures_with(const Fault& fault) {
  std::vector<std::string> failures;
  for (const ContractCase& contract_case : contract_cases()) {
    FaultyStore store(fault);
    Checks checks;
    contract_case.run(store, checks);
    failures.insert(failures.end(), checks.failures().begin(), checks.failures().end());
  }
  return failures;
}

// Faults that every kind of query can have. `query` and `page` name the two members to set.
template <class Query, class Record>
void add_common_faults(std::vector<Fault>& faults, const std::string& kind, std::function<void(Query&)> Fault::*query,
                       std::function<void(Page<Record>&)> Fault::*page) {
  const auto add_query = [&](const std::string& what, const std::function<void(Query&)>& spoil) {
    Fault fault{.name = kind + " " + what};
    fault.*query = spoil;
    faults.push_back(fault);
  };
  const auto add_page = [&](const std::string& what, const std::function<void(Page<Record>&)>& spoil) {
    Fault fault{.name = kind + " " + what};
    fault.*page = spoil;
    faults.push_back(fault);
  };
  add_query("limit ignored", [](Query& q) { q.limit = q.limit == 0 ? 0 : default_query_limit; });
  add_query("limit one less", [](Query& q) { q.limit = std::max<std::size_t>(q.limit, 2) - 1; });
  add_query("limit of zero taken for one", [](Query& q) { q.limit = std::max<std::size_t>(q.limit, 1); });
  add_page("oldest first", [](Page<Record>& p) { std::reverse(p.rows.begin(), p.rows.end()); });
  add_page("never truncated", [](Page<Record>& p) { p.truncated = false; });
  add_page("always truncated", [](Page<Record>& p) { p.truncated = true; });
  add_page("nothing found", [](Page<Record>& p) { p.rows.clear(); });
}

template <class Query>
void add_time_faults(std::vector<Fault>& faults, const std::string& kind, std::function<void(Query&)> Fault::*query,
                     TimeRange Query::*range) {
  const auto add = [&](const std::string& what, const std::function<void(TimeRange&)>& spoil) {
    Fault fault{.name = kind + " " + what};
    fault.*query = [range, spoil](Query& q) { spoil(q.*range); };
    faults.push_back(fault);
  };
  const auto tick = std::chrono::nanoseconds(1);
  add("from ignored", [](TimeRange& r) { r.from.reset(); });
  add("to ignored", [](TimeRange& r) { r.to.reset(); });
  add("from not included", [=](TimeRange& r) {
    if (r.from) *r.from += tick;
  });
  add("to included", [=](TimeRange& r) {
    if (r.to) *r.to += tick;
  });
}

template <class Query, class Field>
void add_ignored_field(std::vector<Fault>& faults, const std::string& name, std::function<void(Query&)> Fault::*query,
                       std::optional<Field> Query::*field) {
  Fault fault{.name = name + " ignored"};
  fault.*query = [field](Query& q) { (q.*field).reset(); };
  faults.push_back(fault);
}

// Rows of the same time in the wrong order of their ids.
template <class Record, class Time>
void add_tie_fault(std::vector<Fault>& faults, const std::string& kind, std::function<void(Page<Record>&)> Fault::*page,
                   Time Record::*time) {
  Fault fault{.name = kind + " ties the other way round"};
  fault.*page = [time](Page<Record>& p) {
    std::reverse(p.rows.begin(), p.rows.end());
    std::stable_sort(p.rows.begin(), p.rows.end(),
                     [time](const Record& a, const Record& b) { return a.*time > b.*time; });
  };
  faults.push_back(fault);
}

std::vector<Fault> all_faults() {
  std::vector<Fault> faults;
  add_common_faults(faults, "traces", &Fault::trace_query, &Fault::traces);
  add_common_faults(faults, "spans", &Fault::span_query, &Fault::spans);
  add_common_faults(faults, "events", &Fault::event_query, &Fault::events);
  add_common_faults(faults, "metrics", &Fault::metric_query, &Fault::metrics);
  add_common_faults(faults, "graphs", &Fault::graph_query, &Fault::graphs);
  add_time_faults(faults, "traces", &Fault::trace_query, &TraceQuery::start_time);
  add_time_faults(faults, "spans", &Fault::span_query, &SpanQuery::start_time);
  add_time_faults(faults, "events", &Fault::event_query, &EventQuery::timestamp);
  add_time_faults(faults, "metrics", &Fault::metric_query, &MetricQuery::timestamp);
  add_tie_fault(faults, "traces", &Fault::traces, &Trace::start_time);
  add_tie_fault(faults, "spans", &Fault::spans, &Span::start_time);
  add_tie_fault(faults, "events", &Fault::events, &Event::timestamp);
  add_tie_fault(faults, "metrics", &Fault::metrics, &Metric::timestamp);

  add_ignored_field(faults, "traces by trace_id", &Fault::trace_query, &TraceQuery::trace_id);
  add_ignored_field(faults, "traces by name", &Fault::trace_query, &TraceQuery::name);
  add_ignored_field(faults, "traces by status", &Fault::trace_query, &TraceQuery::status);
  add_ignored_field(faults, "spans by trace_id", &Fault::span_query, &SpanQuery::trace_id);
  add_ignored_field(faults, "spans by span_id", &Fault::span_query, &SpanQuery::span_id);
  add_ignored_field(faults, "spans by parent_span_id", &Fault::span_query, &SpanQuery::parent_span_id);
  add_ignored_field(faults, "spans by name", &Fault::span_query, &SpanQuery::name);
  add_ignored_field(faults, "spans by kind", &Fault::span_query, &SpanQuery::kind);
  add_ignored_field(faults, "spans by status", &Fault::span_query, &SpanQuery::status);
  add_ignored_field(faults, "events by trace_id", &Fault::event_query, &EventQuery::trace_id);
  add_ignored_field(faults, "events by span_id", &Fault::event_query, &EventQuery::span_id);
  add_ignored_field(faults, "events by event_id", &Fault::event_query, &EventQuery::event_id);
  add_ignored_field(faults, "events by event_type", &Fault::event_query, &EventQuery::event_type);
  add_ignored_field(faults, "events by name", &Fault::event_query, &EventQuery::name);
  add_ignored_field(faults, "events by source", &Fault::event_query, &EventQuery::source);
  add_ignored_field(faults, "metrics by trace_id", &Fault::metric_query, &MetricQuery::trace_id);
  add_ignored_field(faults, "metrics by span_id", &Fault::metric_query, &MetricQuery::span_id);
  add_ignored_field(faults, "metrics by metric_id", &Fault::metric_query, &MetricQuery::metric_id);
  add_ignored_field(faults, "metrics by name", &Fault::metric_query, &MetricQuery::name);
  add_ignored_field(faults, "metrics by aggregation_type", &Fault::metric_query, &MetricQuery::aggregation_type);
  add_ignored_field(faults, "graphs by hash", &Fault::graph_query, &GraphQuery::hash);
  add_ignored_field(faults, "graphs by graph_id", &Fault::graph_query, &GraphQuery::graph_id);
  add_ignored_field(faults, "graphs by version", &Fault::graph_query, &GraphQuery::version);
  return faults;
}

class StoreContractMeta : public ::testing::TestWithParam<Fault> {};

TEST_P(StoreContractMeta, notices) { EXPECT_FALSE(failures_with(GetParam()).empty()) << GetParam().name; }

INSTANTIATE_TEST_SUITE_P(, StoreContractMeta, ::testing::ValuesIn(all_faults()), [](const auto& parameters) {
  std::string name = parameters.param.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
});

TEST(StoreContractMetaControl, a_store_without_a_fault_passes) {
  EXPECT_EQ(failures_with(Fault{.name = "none"}), std::vector<std::string>{});
}

}  // namespace
}  // namespace spark::testing
