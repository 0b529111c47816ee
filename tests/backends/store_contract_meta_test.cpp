// Does the contract notice? A memory store that ignores one field, operator, order, limit, offset, cursor or other
// promise at a time must fail at least one case.
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
  std::function<void(SpanQuery&)> each_query = [](SpanQuery&) {};  // of each_span
  bool each_goes_on = false;                                       // whatever the visitor says
  bool each_repeats = false;
  bool each_swallows = false;  // exceptions of the visitor
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
  void each_span(const SpanQuery& query, const std::function<bool(const Span&)>& visit) override {
    SpanQuery spoiled_query = query;
    fault_.each_query(spoiled_query);
    store_.each_span(spoiled_query, [&](const Span& span) {
      try {
        if (fault_.each_repeats) static_cast<void>(visit(span));
        return visit(span) || fault_.each_goes_on;
      } catch (const std::exception&) {
        if (!fault_.each_swallows) throw;
        return true;
      }
    });
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

// The first failure, or nothing.
std::string failure_with(const Fault& fault) {
  for (const ContractCase& contract_case : contract_cases()) {
    FaultyStore store(fault);
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
void add_query_fault(std::vector<Fault>& faults, const std::string& name, std::function<void(Query&)> Fault::*query,
                     const std::function<void(Query&)>& spoil) {
  Fault fault{.name = name};
  fault.*query = spoil;
  faults.push_back(fault);
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
  add_page("without a cursor", [](Page<Record>& p) { p.cursor.clear(); });
  add_page("with a cursor at the end", [](Page<Record>& p) { p.cursor += p.cursor.empty() ? "x" : ""; });
  add_page("the first row twice", [](Page<Record>& p) {
    if (!p.rows.empty()) p.rows.push_back(p.rows.front());
  });
  add_query("offset ignored", [](Query& q) { q.offset = 0; });
  add_query("offset one more", [](Query& q) { q.offset += q.offset > 0 ? 1 : 0; });
  add_query("cursor ignored", [](Query& q) { q.cursor.clear(); });
  add_query("cursor that is none taken for none", [](Query& q) {
    if (q.cursor.size() < 20) q.cursor.clear();
  });
  add_query("time_limit ignored", [](Query& q) { q.time_limit.reset(); });
  add_query("time_limit of zero ignored", [](Query& q) {
    if (q.time_limit && *q.time_limit == Seconds{0}) q.time_limit.reset();
  });
  add_query("time_limit below zero ignored", [](Query& q) {
    if (q.time_limit && *q.time_limit < Seconds{0}) q.time_limit.reset();
  });
}

// Of those that have attributes: these, orders, and names that are globs.
template <class Query>
void add_record_faults(std::vector<Fault>& faults, const std::string& kind, std::function<void(Query&)> Fault::*query) {
  const auto add = [&](const std::string& what, const std::function<void(Query&)>& spoil) {
    add_query_fault<Query>(faults, kind + " " + what, query, spoil);
  };
  const auto add_filter = [&](const std::string& what, const std::function<void(AttributeFilter&)>& spoil) {
    add(what, [spoil](Query& q) {
      for (AttributeFilter& filter : q.attributes) spoil(filter);
    });
  };
  add("attributes ignored", [](Query& q) { q.attributes.clear(); });
  add("attributes after the first ignored", [](Query& q) {
    if (q.attributes.size() > 1) q.attributes.erase(q.attributes.begin() + 1, q.attributes.end());
  });
  add("attributes before the last ignored", [](Query& q) {
    if (q.attributes.size() > 1) q.attributes.erase(q.attributes.begin(), q.attributes.end() - 1);
  });
  const AttributeOp ops[] = {AttributeOp::equal, AttributeOp::not_equal, AttributeOp::less, AttributeOp::greater,
                             AttributeOp::exists};
  for (const AttributeOp from : ops) {
    for (const AttributeOp to : ops) {
      if (from == to) continue;
      add_filter(std::string(to_string(from)) + " taken for " + std::string(to_string(to)),
                 [from, to](AttributeFilter& filter) {
                   if (filter.op == from) filter.op = to;
                 });
    }
  }
  add_filter("path without its first key", [](AttributeFilter& filter) {
    if (filter.path.size() > 1) filter.path.erase(filter.path.begin());
  });
  add_filter("path without its last key", [](AttributeFilter& filter) {
    if (filter.path.size() > 1) filter.path.pop_back();
  });
  add("empty path ignored",
      [](Query& q) { std::erase_if(q.attributes, [](const AttributeFilter& filter) { return filter.path.empty(); }); });
  add("with_attributes ignored", [](Query& q) { q.with_attributes = true; });
  add("without attributes always", [](Query& q) { q.with_attributes = false; });

  for (const Order from : {Order::newest_first, Order::oldest_first, Order::longest_first, Order::shortest_first}) {
    for (const Order to : {Order::newest_first, Order::oldest_first}) {
      if (from == to) continue;
      add(std::string(to_string(from)) + " taken for " + std::string(to_string(to)), [from, to](Query& q) {
        if (q.order == from) q.order = to;
      });
    }
  }
  add("name taken literally", [](Query& q) {
    if (q.name) q.name = glob_escape(*q.name);
  });
  add("name taken for a beginning", [](Query& q) {
    if (q.name && Glob(*q.name).literal()) *q.name += "*";
  });
  add("wrong glob ignored", [](Query& q) {
    if (q.name == "[" || q.name == "a[") q.name.reset();
  });
}

// Only seen by the cases of one kind, which stand for all: what values mean is decided in one place.
void add_value_faults(std::vector<Fault>& faults) {
  const auto add = [&](const std::string& what, const std::function<void(AttributeFilter&)>& spoil) {
    add_query_fault<SpanQuery>(faults, "spans " + what, &Fault::span_query, [spoil](SpanQuery& q) {
      for (AttributeFilter& filter : q.attributes) spoil(filter);
    });
  };
  add("bool taken for a number", [](AttributeFilter& filter) {
    if (filter.value.is_bool()) filter.value = filter.value.as_bool() ? 1 : 0;
  });
  add("number taken for a bool", [](AttributeFilter& filter) {
    if (filter.value.is_int()) filter.value = filter.value.as_int() != 0;
  });
  add("int taken for a string", [](AttributeFilter& filter) {
    if (filter.value.is_int()) filter.value = std::to_string(filter.value.as_int());
  });
  add("string taken for an int", [](AttributeFilter& filter) {
    if (filter.value == "1") filter.value = 1;
  });
  add("int taken for the nearest double", [](AttributeFilter& filter) {
    if (filter.value.is_int()) filter.value = filter.value.as_double();
  });
  add("bytes taken for base64", [](AttributeFilter& filter) {
    if (filter.value.is_bytes()) filter.value = "Af8=";
  });
  add("key split at its dots", [](AttributeFilter& filter) {
    for (std::size_t i = 0; i < filter.path.size(); ++i) {
      const std::string key = filter.path[i];
      if (const auto dot = key.find('.'); dot != std::string::npos) {
        filter.path[i] = key.substr(dot + 1);
        filter.path.insert(filter.path.begin() + static_cast<std::ptrdiff_t>(i), key.substr(0, dot));
      }
    }
  });
}

template <class Query, class Range, class Bound>
void add_range_faults(std::vector<Fault>& faults, const std::string& kind, std::function<void(Query&)> Fault::*query,
                      Range Query::*range, std::optional<Bound> Range::*min, std::optional<Bound> Range::*max,
                      Bound tick) {
  const auto add = [&](const std::string& what, const std::function<void(Range&)>& spoil) {
    add_query_fault<Query>(faults, kind + " " + what, query, [range, spoil](Query& q) { spoil(q.*range); });
  };
  add("min ignored", [=](Range& r) { (r.*min).reset(); });
  add("max ignored", [=](Range& r) { (r.*max).reset(); });
  add("min not included", [=](Range& r) {
    if (r.*min) *(r.*min) += tick;
  });
  add("max included", [=](Range& r) {
    if (r.*max) *(r.*max) += tick;
  });
}

void add_each_span_faults(std::vector<Fault>& faults) {
  const auto add = [&](const std::string& what, const std::function<void(SpanQuery&)>& spoil) {
    add_query_fault<SpanQuery>(faults, "each_span " + what + " ignored", &Fault::each_query, spoil);
  };
  add("trace_id", [](SpanQuery& q) { q.trace_id.reset(); });
  add("span_id", [](SpanQuery& q) { q.span_id.reset(); });
  add("parent_span_id", [](SpanQuery& q) { q.parent_span_id.reset(); });
  add("name", [](SpanQuery& q) { q.name.reset(); });
  add("kind", [](SpanQuery& q) { q.kind.reset(); });
  add("status", [](SpanQuery& q) { q.status.reset(); });
  add("start_time", [](SpanQuery& q) { q.start_time = {}; });
  add("duration", [](SpanQuery& q) { q.duration = {}; });
  add("attributes", [](SpanQuery& q) { q.attributes.clear(); });
  add("with_attributes", [](SpanQuery& q) { q.with_attributes = true; });
  add("time_limit", [](SpanQuery& q) { q.time_limit.reset(); });
  add("limit", [](SpanQuery& q) { q.limit = default_query_limit; });
  add("offset", [](SpanQuery& q) { q.offset = 0; });
  add("cursor", [](SpanQuery& q) { q.cursor.clear(); });
  add("order", [](SpanQuery& q) { q.order = Order::newest_first; });
  faults.push_back({.name = "each_span goes on", .each_goes_on = true});
  faults.push_back({.name = "each_span repeats", .each_repeats = true});
  faults.push_back({.name = "each_span swallows exceptions", .each_swallows = true});
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

// Of traces and spans.
template <class Record>
void add_service_faults(std::vector<Fault>& faults, const std::string& kind,
                        std::function<void(Page<Record>&)> Fault::*page) {
  const auto add = [&](const std::string& what, const std::function<void(Record&)>& spoil) {
    Fault fault{.name = kind + " " + what};
    fault.*page = [spoil](Page<Record>& p) {
      for (Record& record : p.rows) spoil(record);
    };
    faults.push_back(fault);
  };
  add("without their service", [](Record& record) { record.service.clear(); });
  add("all of one service", [](Record& record) { record.service = "shop"; });
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
  add_record_faults(faults, "traces", &Fault::trace_query);
  add_record_faults(faults, "spans", &Fault::span_query);
  add_record_faults(faults, "events", &Fault::event_query);
  add_record_faults(faults, "metrics", &Fault::metric_query);
  add_value_faults(faults);
  const Seconds tick = std::chrono::nanoseconds(1);
  add_range_faults(faults, "traces duration", &Fault::trace_query, &TraceQuery::duration, &DurationRange::min,
                   &DurationRange::max, tick);
  add_range_faults(faults, "spans duration", &Fault::span_query, &SpanQuery::duration, &DurationRange::min,
                   &DurationRange::max, tick);
  add_range_faults(faults, "metrics value", &Fault::metric_query, &MetricQuery::value, &NumberRange::min,
                   &NumberRange::max, 1e-9);
  add_each_span_faults(faults);
  add_service_faults(faults, "traces", &Fault::traces);
  add_service_faults(faults, "spans", &Fault::spans);
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

// One test for each kind of fault, since a process for each fault would cost more than looking for it.
class StoreContractMeta : public ::testing::TestWithParam<const char*> {};

TEST_P(StoreContractMeta, notices_each_fault) {
  int faults = 0;
  for (const Fault& fault : all_faults()) {
    if (!fault.name.starts_with(std::string(GetParam()) + " ")) continue;
    ++faults;
    EXPECT_NE(failure_with(fault), "") << "nobody notices: " << fault.name;
  }
  EXPECT_GT(faults, 0);
}

INSTANTIATE_TEST_SUITE_P(, StoreContractMeta,
                         ::testing::Values("traces", "spans", "events", "metrics", "graphs", "each_span"),
                         [](const auto& parameters) { return std::string(parameters.param); });

TEST(StoreContractMetaControl, a_store_without_a_fault_passes) { EXPECT_EQ(failure_with(Fault{.name = "none"}), ""); }

}  // namespace
}  // namespace spark::testing
