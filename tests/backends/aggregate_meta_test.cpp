// Does the contract notice? A memory store whose aggregates ignore one field of the query or of the Aggregation, or get
// one number wrong, must fail at least one case.
#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "backends/store_contract.h"
#include "spark/backends/memory.h"
#include "spark/base/glob.h"

namespace spark::testing {
namespace {

// What to spoil: what is asked before, the answer after. What is not set is left alone.
struct AggregateFault {
  std::string name;
  std::function<void(TraceQuery&)> trace_query = [](TraceQuery&) {};
  std::function<void(SpanQuery&)> span_query = [](SpanQuery&) {};
  std::function<void(EventQuery&)> event_query = [](EventQuery&) {};
  std::function<void(MetricQuery&)> metric_query = [](MetricQuery&) {};
  std::function<void(Aggregation&)> aggregation = [](Aggregation&) {};
  std::function<void(Groups&)> groups = [](Groups&) {};
};

class FaultyAggregates final : public Store {
 public:
  explicit FaultyAggregates(const AggregateFault& fault) : fault_(fault) {}

  std::string_view name() const noexcept override { return "faulty"; }
  void write(const Batch& batch) override { store_.write(batch); }
  void flush(Deadline deadline) override { store_.flush(deadline); }
  Page<Trace> query_traces(const TraceQuery& query) override { return store_.query_traces(query); }
  Page<Span> query_spans(const SpanQuery& query) override { return store_.query_spans(query); }
  Page<Event> query_events(const EventQuery& query) override { return store_.query_events(query); }
  Page<Metric> query_metrics(const MetricQuery& query) override { return store_.query_metrics(query); }
  Page<GraphDefinition> query_graphs(const GraphQuery& query) override { return store_.query_graphs(query); }
  Groups aggregate_traces(const TraceQuery& query, const Aggregation& aggregation) override {
    return spoiled(query, fault_.trace_query, aggregation, &MemoryStore::aggregate_traces);
  }
  Groups aggregate_spans(const SpanQuery& query, const Aggregation& aggregation) override {
    return spoiled(query, fault_.span_query, aggregation, &MemoryStore::aggregate_spans);
  }
  Groups aggregate_events(const EventQuery& query, const Aggregation& aggregation) override {
    return spoiled(query, fault_.event_query, aggregation, &MemoryStore::aggregate_events);
  }
  Groups aggregate_metrics(const MetricQuery& query, const Aggregation& aggregation) override {
    return spoiled(query, fault_.metric_query, aggregation, &MemoryStore::aggregate_metrics);
  }
  std::uint64_t put(std::string_view kind, std::string_view id, const Value& content, std::uint64_t revision) override {
    return store_.put(kind, id, content, revision);
  }
  std::optional<Document> get(std::string_view kind, std::string_view id) override { return store_.get(kind, id); }
  std::vector<std::string> list(std::string_view kind) override { return store_.list(kind); }

 private:
  template <class Query>
  Groups spoiled(Query query, const std::function<void(Query&)>& spoil, Aggregation aggregation,
                 Groups (MemoryStore::*run)(const Query&, const Aggregation&)) {
    spoil(query);
    fault_.aggregation(aggregation);
    Groups groups = (store_.*run)(query, aggregation);
    fault_.groups(groups);
    return groups;
  }

  const AggregateFault& fault_;
  MemoryStore store_;
};

// The first failure, or nothing.
std::string failure_of_aggregates_with(const AggregateFault& fault) {
  for (const ContractCase& contract_case : aggregate_cases()) {
    FaultyAggregates store(fault);
    Checks checks;
    try {
      contract_case.run(store, checks);
    } catch (const std::exception& error) {
      return contract_case.name + ": " + error.what();
    }
    if (!checks.failures().empty()) return contract_case.name + ": " + checks.failures().front();
  }
  return "";
}

template <class Query>
void add(std::vector<AggregateFault>& faults, const std::string& what,
         std::function<void(Query&)> AggregateFault::*query, const std::function<void(Query&)>& spoil) {
  AggregateFault fault{.name = what + " ignored"};
  fault.*query = spoil;
  faults.push_back(fault);
}

// Fields that all queries have.
template <class Query>
void add_common(std::vector<AggregateFault>& faults, const std::string& kind,
                std::function<void(Query&)> AggregateFault::*query) {
  const auto add_one = [&](const std::string& what, const std::function<void(Query&)>& spoil) {
    add<Query>(faults, kind + " " + what, query, spoil);
  };
  add_one("trace_id", [](Query& q) { q.trace_id.reset(); });
  add_one("name", [](Query& q) { q.name.reset(); });
  add_one("name's glob", [](Query& q) {
    if (q.name) q.name = glob_escape(*q.name);
  });
  add_one("attributes", [](Query& q) { q.attributes.clear(); });
  add_one("limit", [](Query& q) { q.limit = default_query_limit; });
  add_one("offset", [](Query& q) { q.offset = 0; });
  add_one("cursor", [](Query& q) { q.cursor.clear(); });
  add_one("order", [](Query& q) { q.order = Order::newest_first; });
  add_one("with_attributes", [](Query& q) { q.with_attributes = true; });
  add_one("time_limit", [](Query& q) { q.time_limit.reset(); });
}

std::vector<AggregateFault> query_faults() {
  std::vector<AggregateFault> faults;
  add_common(faults, "traces", &AggregateFault::trace_query);
  add_common(faults, "spans", &AggregateFault::span_query);
  add_common(faults, "events", &AggregateFault::event_query);
  add_common(faults, "metrics", &AggregateFault::metric_query);
  add<TraceQuery>(faults, "traces status", &AggregateFault::trace_query, [](TraceQuery& q) { q.status.reset(); });
  add<TraceQuery>(faults, "traces start_time", &AggregateFault::trace_query, [](TraceQuery& q) { q.start_time = {}; });
  add<TraceQuery>(faults, "traces duration", &AggregateFault::trace_query, [](TraceQuery& q) { q.duration = {}; });
  add<SpanQuery>(faults, "spans span_id", &AggregateFault::span_query, [](SpanQuery& q) { q.span_id.reset(); });
  add<SpanQuery>(faults, "spans parent_span_id", &AggregateFault::span_query,
                 [](SpanQuery& q) { q.parent_span_id.reset(); });
  add<SpanQuery>(faults, "spans kind", &AggregateFault::span_query, [](SpanQuery& q) { q.kind.reset(); });
  add<SpanQuery>(faults, "spans status", &AggregateFault::span_query, [](SpanQuery& q) { q.status.reset(); });
  add<SpanQuery>(faults, "spans start_time", &AggregateFault::span_query, [](SpanQuery& q) { q.start_time = {}; });
  add<SpanQuery>(faults, "spans duration", &AggregateFault::span_query, [](SpanQuery& q) { q.duration = {}; });
  add<EventQuery>(faults, "events span_id", &AggregateFault::event_query, [](EventQuery& q) { q.span_id.reset(); });
  add<EventQuery>(faults, "events event_id", &AggregateFault::event_query, [](EventQuery& q) { q.event_id.reset(); });
  add<EventQuery>(faults, "events event_type", &AggregateFault::event_query,
                  [](EventQuery& q) { q.event_type.reset(); });
  add<EventQuery>(faults, "events source", &AggregateFault::event_query, [](EventQuery& q) { q.source.reset(); });
  add<EventQuery>(faults, "events timestamp", &AggregateFault::event_query, [](EventQuery& q) { q.timestamp = {}; });
  add<MetricQuery>(faults, "metrics span_id", &AggregateFault::metric_query, [](MetricQuery& q) { q.span_id.reset(); });
  add<MetricQuery>(faults, "metrics metric_id", &AggregateFault::metric_query,
                   [](MetricQuery& q) { q.metric_id.reset(); });
  add<MetricQuery>(faults, "metrics aggregation_type", &AggregateFault::metric_query,
                   [](MetricQuery& q) { q.aggregation_type.reset(); });
  add<MetricQuery>(faults, "metrics timestamp", &AggregateFault::metric_query,
                   [](MetricQuery& q) { q.timestamp = {}; });
  add<MetricQuery>(faults, "metrics value", &AggregateFault::metric_query, [](MetricQuery& q) { q.value = {}; });
  return faults;
}

std::vector<AggregateFault> aggregation_faults() {
  std::vector<AggregateFault> faults;
  const auto add_one = [&](const std::string& what, const std::function<void(Aggregation&)>& spoil) {
    faults.push_back({.name = what, .aggregation = spoil});
  };
  const auto add_by = [&](const std::string& what, const std::function<void(GroupBy&)>& spoil) {
    add_one(what, [spoil](Aggregation& a) { std::for_each(a.by.begin(), a.by.end(), spoil); });
  };
  add_one("by ignored", [](Aggregation& a) { a.by.clear(); });
  add_one("by after the first ignored", [](Aggregation& a) { a.by.resize(std::min<std::size_t>(a.by.size(), 1)); });
  add_one("by in another order", [](Aggregation& a) { std::reverse(a.by.begin(), a.by.end()); });
  add_one("measure ignored", [](Aggregation& a) { a.measure.clear(); });
  add_one("descending ignored", [](Aggregation& a) { a.descending = true; });
  add_one("ascending ignored", [](Aggregation& a) { a.descending = false; });
  add_one("limit ignored", [](Aggregation& a) { a.limit = a.limit == 0 ? 0 : default_query_limit; });
  add_one("limit of zero taken for one", [](Aggregation& a) { a.limit = std::max<std::size_t>(a.limit, 1); });
  constexpr GroupOrder orders[] = {GroupOrder::count, GroupOrder::errors, GroupOrder::sum, GroupOrder::p95,
                                   GroupOrder::key};
  for (const GroupOrder from : orders) {
    for (const GroupOrder to : orders) {
      if (from == to) continue;
      add_one(std::string(to_string(from)) + " taken for " + std::string(to_string(to)), [from, to](Aggregation& a) {
        if (a.order == from) a.order = to;
      });
    }
  }
  for (const auto field :
       {GroupBy::Field::kind, GroupBy::Field::status, GroupBy::Field::error_type, GroupBy::Field::event_type,
        GroupBy::Field::unit, GroupBy::Field::trace_id, GroupBy::Field::attribute, GroupBy::Field::time}) {
    add_by(std::string(to_string(field)) + " taken for name", [field](GroupBy& by) {
      if (by.field == field) by = group_by_name();
    });
  }
  add_by("path after its first key ignored", [](GroupBy& by) {
    if (by.path.size() > 1 && by.path.size() <= max_attribute_path) by.path.resize(1);
  });
  add_by("path where none belongs ignored", [](GroupBy& by) {
    if (by.field != GroupBy::Field::attribute) by.path.clear();
  });
  add_by("width where none belongs ignored", [](GroupBy& by) {
    if (by.field != GroupBy::Field::time) by.width = {};
  });
  add_by("width taken twice", [](GroupBy& by) { by.width *= 2; });
  return faults;
}

std::vector<AggregateFault> answer_faults() {
  std::vector<AggregateFault> faults;
  const auto add_one = [&](const std::string& what, const std::function<void(Groups&)>& spoil) {
    faults.push_back({.name = what, .groups = spoil});
  };
  const auto add_each = [&](const std::string& what, const std::function<void(Group&)>& spoil) {
    add_one(what, [spoil](Groups& groups) { std::for_each(groups.rows.begin(), groups.rows.end(), spoil); });
  };
  add_one("never truncated", [](Groups& groups) { groups.truncated = false; });
  add_one("always truncated", [](Groups& groups) { groups.truncated = true; });
  add_one("the last group missing", [](Groups& groups) {
    if (groups.size() > 1) groups.rows.pop_back();
  });
  add_one("no group of nothing",
          [](Groups& groups) { std::erase_if(groups.rows, [](const Group& group) { return group.count == 0; }); });
  add_each("keys wrong", [](Group& group) {
    for (Value& key : group.keys) key = nullptr;
  });
  add_each("doubles for int keys", [](Group& group) {
    for (Value& key : group.keys) {
      if (key.is_int()) key = key.as_double();
    }
  });
  add_each("count wrong", [](Group& group) { ++group.count; });
  add_each("errors wrong", [](Group& group) { group.errors = 0; });
  add_each("measured wrong", [](Group& group) { group.measured = group.count; });
  add_each("sum wrong", [](Group& group) { group.sum *= 2; });
  add_each("mean wrong", [](Group& group) { group.mean = group.p50; });
  add_each("min wrong", [](Group& group) { group.min = group.p50; });
  add_each("max wrong", [](Group& group) { group.max = group.p50; });
  add_each("p50 wrong", [](Group& group) { group.p50 = group.mean; });
  add_each("p90 wrong", [](Group& group) { group.p90 = group.p50; });
  add_each("p95 wrong", [](Group& group) { group.p95 = group.p90; });
  add_each("p99 wrong", [](Group& group) { group.p99 = group.max; });
  add_each("percentile_error wrong", [](Group& group) { group.percentile_error = 0; });
  return faults;
}

void expect_all_noticed(const std::vector<AggregateFault>& faults) {
  for (const AggregateFault& fault : faults)
    EXPECT_NE(failure_of_aggregates_with(fault), "") << "nobody notices: " << fault.name;
}

TEST(AggregateContractMeta, notices_each_fault_in_the_query) { expect_all_noticed(query_faults()); }
TEST(AggregateContractMeta, notices_each_fault_in_the_aggregation) { expect_all_noticed(aggregation_faults()); }
TEST(AggregateContractMeta, notices_each_fault_in_the_answer) { expect_all_noticed(answer_faults()); }
TEST(AggregateContractMeta, a_store_without_a_fault_passes) {
  EXPECT_EQ(failure_of_aggregates_with(AggregateFault{.name = "none"}), "");
}

}  // namespace
}  // namespace spark::testing
