// The contract's cases about each_span: every matching span once, in any order, with nothing held meanwhile.
#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

#include "backends/contract_tables.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

void fill_to_visit(Store& store) {
  write(store, [](BatchBuilder& batch) {
    batch.add(make_span(1, "load", 1, 2, {{"n", 1}}));
    batch.add(make_span(2, "query", 2, 12, {{"n", 2}}));
    Span span = make_span(3, "load", 3, 4, {{"n", 3}});
    span.trace_id = trace_id(2);
    span.parent_span_id = span_id(2);
    span.kind = SpanKind::CLIENT;
    span.status = SpanStatus::failed;
    batch.add(span);
  });
}

// The ids, sorted, since the order is the store's own.
std::string visited(Store& store, const SpanQuery& query) {
  Page<Span> seen;
  try {
    store.each_span(query, [&](const Span& span) {
      seen.rows.push_back(span);
      return true;
    });
  } catch (const Error& error) {
    return "error: " + std::string(to_string(error.code()));
  }
  std::sort(seen.rows.begin(), seen.rows.end(), [](const Span& a, const Span& b) { return a.span_id < b.span_id; });
  return ids(seen);
}

void add_visits(std::vector<ContractCase>& cases, const std::vector<TableRow<SpanQuery>>& rows) {
  for (const auto& row : rows) {
    cases.push_back({"each_span_" + row.name, [row](Store& store, Checks& checks) {
                       fill_to_visit(store);
                       checks.equal(row.name, visited(store, row.query), row.expected);
                     }});
  }
}

void each_span_ends_when_the_visitor_says_so(Store& store, Checks& checks) {
  fill_to_visit(store);
  int count = 0;
  store.each_span({}, [&](const Span&) { return ++count < 2; });
  checks.equal("visits", std::to_string(count), "2");
}

void each_span_passes_the_visitors_exceptions(Store& store, Checks& checks) {
  fill_to_visit(store);
  std::string caught = "nothing";
  try {
    store.each_span({}, [](const Span&) -> bool { throw std::runtime_error("stop here"); });
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  checks.equal("caught", caught, "stop here");
  checks.equal("the store still answers", answer(store, SpanQuery{}), "S3 S2 S1");
}

void each_span_lets_the_visitor_use_the_store(Store& store, Checks& checks) {
  fill_to_visit(store);
  std::set<std::string> found;
  int of_their_traces = 0;
  store.each_span({.name = "load"}, [&](const Span& span) {
    found.insert(ids(store.query_spans({.span_id = span.span_id})));
    store.each_span({.trace_id = span.trace_id}, [&](const Span&) {
      ++of_their_traces;
      return true;
    });
    write(store, [&](BatchBuilder& batch) { batch.add(make_event(span.span_id.value, "seen", 1)); });
    return true;
  });
  checks.equal("queries in the visitor", found == std::set<std::string>{"S1", "S3"} ? "S1 and S3" : "others",
               "S1 and S3");
  checks.equal("each_span in the visitor", std::to_string(of_their_traces), "3");
  checks.equal("writes in the visitor", answer(store, EventQuery{}), "R3 R1");
}

void each_span_gives_whole_spans(Store& store, Checks& checks) {
  fill_to_visit(store);
  std::string whole, bare;
  store.each_span({.span_id = span_id(3)}, [&](const Span& span) {
    whole += text(span);
    return true;
  });
  store.each_span({.span_id = span_id(3), .with_attributes = false}, [&](const Span& span) {
    bare += text(span);
    return true;
  });
  checks.equal("with attributes", whole, "T2 S3<S2 load CLIENT failed 3..4 \"\" \"\" {\"n\":3}");
  checks.equal("without", bare, "T2 S3<S2 load CLIENT failed 3..4 \"\" \"\" {}");
}

// More than any store takes at a time, while more are written.
void each_span_gives_many_spans_once_each(Store& store, Checks& checks) {
  constexpr std::uint64_t traces = 5, spans_a_trace = 600;
  const auto span_of = [](std::uint64_t trace, std::uint64_t number) {
    Span span = make_span(1, "s", 1, 2, {{"even", number % 2 == 0}});
    span.span_id = SpanId{number};
    span.trace_id = trace_id(trace);
    return span;
  };
  write(store, [&](BatchBuilder& batch) {
    for (std::uint64_t i = 0; i < traces * spans_a_trace; ++i) batch.add(span_of(1 + i % traces, 1 + i));
  });
  const auto count = [&](const SpanQuery& query, bool write_meanwhile) {
    std::vector<std::uint64_t> seen;
    store.each_span(query, [&](const Span& span) {
      if (write_meanwhile && seen.size() % 500 == 0) {
        const std::uint64_t number = 1'000'000 + seen.size();
        write(store, [&](BatchBuilder& batch) { batch.add(span_of(1 + number % traces, number)); });
      }
      if (span.span_id.value < 1'000'000) seen.push_back(span.span_id.value);
      return true;
    });
    std::sort(seen.begin(), seen.end());
    const bool is_repeated = std::adjacent_find(seen.begin(), seen.end()) != seen.end();
    return std::to_string(seen.size()) + (is_repeated ? " with repetitions" : "");
  };
  checks.equal("all", count({}, false), "3000");
  checks.equal("of one trace", count({.trace_id = trace_id(2)}, false), "600");
  checks.equal("by attribute", count({.attributes = {attribute("even") == true}}, false), "1500");
  checks.equal("while more are written", count({}, true), "3000");
}

}  // namespace

std::vector<ContractCase> each_span_cases() {
  std::vector<ContractCase> cases;
  add_visits(cases, {{"all", {}, "S1 S2 S3"},
                     {"by_trace_id", {.trace_id = trace_id(1)}, "S1 S2"},
                     {"of_an_unknown_trace", {.trace_id = trace_id(7)}, ""},
                     {"by_span_id", {.span_id = span_id(2)}, "S2"},
                     {"by_parent_span_id", {.parent_span_id = span_id(2)}, "S3"},
                     {"by_name", {.name = "load"}, "S1 S3"},
                     {"by_glob", {.name = "[lq]*"}, "S1 S2 S3"},
                     {"by_kind", {.kind = SpanKind::CLIENT}, "S3"},
                     {"by_status", {.status = SpanStatus::failed}, "S3"},
                     {"by_time", {.start_time = {.from = at(2)}}, "S2 S3"},
                     {"by_duration", {.duration = {.min = 5ms}}, "S2"},
                     {"by_attribute", {.attributes = {attribute("n") > 1}}, "S2 S3"},
                     {"with_a_limit_is_refused", {.limit = 2}, "error: invalid_argument"},
                     {"with_a_limit_of_zero_is_refused", {.limit = 0}, "error: invalid_argument"},
                     {"with_an_offset_is_refused", {.offset = 1}, "error: invalid_argument"},
                     {"with_a_cursor_is_refused", {.cursor = "x"}, "error: invalid_argument"},
                     {"with_an_order_is_refused", {.order = Order::oldest_first}, "error: invalid_argument"},
                     {"with_a_wrong_glob_is_refused", {.name = "["}, "error: invalid_argument"},
                     {"beyond_its_time_limit", {.time_limit = Seconds{1e-9}}, "error: timeout"},
                     {"within_its_time_limit", {.time_limit = Seconds{60}}, "S1 S2 S3"}});
  cases.push_back({"each_span_ends_when_the_visitor_says_so", each_span_ends_when_the_visitor_says_so});
  cases.push_back({"each_span_passes_the_visitors_exceptions", each_span_passes_the_visitors_exceptions});
  cases.push_back({"each_span_lets_the_visitor_use_the_store", each_span_lets_the_visitor_use_the_store});
  cases.push_back({"each_span_gives_whole_spans", each_span_gives_whole_spans});
  cases.push_back({"each_span_gives_many_spans_once_each", each_span_gives_many_spans_once_each});
  return cases;
}

}  // namespace spark::testing
