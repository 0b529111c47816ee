// The contract's cases about order, offset and cursor: paging gives every row once, in order, whatever is written in
// between.
#include <string>

#include "backends/contract_tables.h"

namespace spark::testing {
namespace {

constexpr std::size_t page_size = 2;

// Three of each start together; durations come in pairs. T3 runs, T5 is known from its local root only, R5 belongs to
// no trace.
void fill_to_page(Store& store) {
  struct Shape {
    std::uint64_t number;
    std::int64_t start, duration;
  };
  constexpr Shape shapes[] = {{1, 10, 5}, {2, 20, 30}, {3, 20, 0}, {9, 20, 5}, {4, 30, 0}, {5, 15, 30}};
  write(store, [&](BatchBuilder& batch) {
    for (const auto& [number, start, duration] : shapes) {
      Span span = make_span(number, "s", start, start + duration);
      Event event = make_event(number, "e", start);
      Metric metric = make_metric(number, "m", start);
      if (number == 5) {
        span.trace_id = trace_id(5);
        event.trace_id = metric.trace_id = TraceId{};
        add_local_root(batch, span);
      } else {
        batch.add(span);
        batch.add(number == 3 ? make_trace(3, "t", start, {}) : make_trace(number, "t", start, start + duration));
      }
      batch.add(event);
      batch.add(metric);
    }
    for (const char* hash : {"h1", "h2", "h3", "h4", "h5", "h6"}) {
      batch.add(GraphDefinition{.hash = hash, .graph_id = "g", .version = "1", .content = {}});
    }
  });
}

// One of each kind that is newer than all others, a millisecond long.
void write_newer(Store& store) {
  write(store, [](BatchBuilder& batch) {
    batch.add(make_trace(7, "t", 40, 41));
    batch.add(make_span(7, "s", 40, 41));
    batch.add(make_event(7, "e", 40));
    batch.add(make_metric(7, "m", 40));
    batch.add(GraphDefinition{.hash = "h7", .graph_id = "g", .version = "1", .content = {}});
  });
}

// All pages, separated by " | ".
template <class Query>
std::string pages(Store& store, Query query, bool write_in_between = false) {
  constexpr int most_pages = 20;
  std::string out;
  for (int i = 0; i < most_pages; ++i) {
    auto page = run(store, query);
    if (page.truncated == page.cursor.empty()) return out + " a cursor without more rows, or more without a cursor";
    query.cursor = page.cursor;
    const bool has_more = page.truncated;
    page.truncated = false;
    out += (i > 0 ? " | " : "") + ids(page);
    if (!has_more) return out;
    if (i == 0 && write_in_between) write_newer(store);
  }
  return out + " and so on";
}

template <class Query>
void add_paging(std::vector<ContractCase>& cases, const std::string& name, const Query& query,
                const std::string& expected, const std::string& expected_with_newer) {
  Query paged = query;
  paged.limit = page_size;
  cases.push_back({"page_through_" + name, [=](Store& store, Checks& checks) {
                     fill_to_page(store);
                     checks.equal("pages", pages(store, paged), expected);
                   }});
  cases.push_back({"page_with_writes_through_" + name, [=](Store& store, Checks& checks) {
                     fill_to_page(store);
                     checks.equal("pages", pages(store, paged, true), expected_with_newer);
                   }});
}

// Kinds that have a duration give the rows of all orders.
template <class Query>
void add_paging_by_duration(std::vector<ContractCase>& cases, const std::string& name,
                            const std::function<std::string(std::string)>& named) {
  add_paging(cases, name + "_longest_first", Query{.order = Order::longest_first}, named("5 2 | 9 1 | 4 3"),
             named("5 2 | 9 1 | 7 4 | 3"));
  add_paging(cases, name + "_shortest_first", Query{.order = Order::shortest_first}, named("3 4 | 1 9 | 2 5"),
             named("3 4 | 7 1 | 9 2 | 5"));
}

template <class Query>
void add_offsets(std::vector<ContractCase>& cases, const std::string& name,
                 const std::function<std::string(std::string)>& named) {
  add_rows<Query>(cases, name + "_offset", fill_to_page,
                  {{"leaves_the_first_out", {.offset = 4}, named("5 1")},
                   {"comes_before_the_limit", {.limit = 2, .offset = 1}, named("9 3") + " (truncated)"},
                   {"that_leaves_the_last", {.limit = 2, .offset = 5}, named("1")},
                   {"that_leaves_exactly_the_limit", {.limit = 2, .offset = 4}, named("5 1")},
                   {"that_leaves_none", {.offset = 6}, ""},
                   {"beyond_everything", {.limit = ~std::size_t{0}, .offset = ~std::size_t{0}}, ""}});
  cases.push_back({name + "_offset_is_left_out_once", [=](Store& store, Checks& checks) {
                     fill_to_page(store);
                     checks.equal("pages", pages(store, Query{.limit = 2, .offset = 1}), named("9 3 | 2 5 | 1"));
                   }});
}

template <class Query>
void add_refused_cursors(std::vector<ContractCase>& cases, const std::string& name) {
  cases.push_back({name + "_cursor_that_is_none_is_refused", [](Store& store, Checks& checks) {
                     fill_to_page(store);
                     const std::string valid = run(store, Query{.limit = 1}).cursor;
                     std::string damaged = valid;
                     if (!damaged.empty()) damaged[damaged.size() / 2] ^= 1;
                     const std::string texts[] = {"x",
                                                  damaged,
                                                  valid + "0",
                                                  valid.substr(0, valid.size() / 2),
                                                  "' OR 1=1 --",
                                                  std::string(valid.size(), '0'),
                                                  std::string(10'000, 'f'),
                                                  std::string(1, '\0')};
                     for (const std::string& text : texts) {
                       checks.equal(text, answer(store, Query{.cursor = text}), "error: invalid_argument");
                     }
                   }});
}

void a_cursor_of_another_kind_is_refused(Store& store, Checks& checks) {
  fill_to_page(store);
  const std::string cursors[] = {run(store, TraceQuery{.limit = 1}).cursor, run(store, SpanQuery{.limit = 1}).cursor,
                                 run(store, EventQuery{.limit = 1}).cursor, run(store, MetricQuery{.limit = 1}).cursor,
                                 run(store, GraphQuery{.limit = 1}).cursor};
  const auto check = [&](const auto& query, std::size_t own) {
    for (std::size_t i = 0; i < std::size(cursors); ++i) {
      auto next = query;
      next.cursor = cursors[i];
      const bool is_refused = answer(store, next) == "error: invalid_argument";
      checks.equal("cursor " + std::to_string(i) + " for query " + std::to_string(own),
                   is_refused ? "refused" : "taken", i == own ? "taken" : "refused");
    }
  };
  check(TraceQuery{}, 0);
  check(SpanQuery{}, 1);
  check(EventQuery{}, 2);
  check(MetricQuery{}, 3);
  check(GraphQuery{}, 4);
}

void a_cursor_of_another_order_is_refused(Store& store, Checks& checks) {
  fill_to_page(store);
  const auto check = [&](auto query) {
    query.cursor = run(store, decltype(query){.limit = 1}).cursor;
    query.order = Order::oldest_first;
    checks.equal("oldest first", answer(store, query), "error: invalid_argument");
  };
  check(TraceQuery{});
  check(SpanQuery{});
  check(EventQuery{});
  check(MetricQuery{});
}

void conditions_hold_on_every_page(Store& store, Checks& checks) {
  fill_to_page(store);
  checks.equal("traces", pages(store, TraceQuery{.limit = 1, .start_time = {.to = at(20)}}), "T5 | T1");
  checks.equal("spans", pages(store, SpanQuery{.limit = 1, .trace_id = trace_id(1), .start_time = {.from = at(20)}}),
               "S4 | S9 | S3 | S2");
  checks.equal("events", pages(store, EventQuery{.limit = 1, .trace_id = TraceId{}}), "R5");
  checks.equal("metrics", pages(store, MetricQuery{.limit = 1, .timestamp = {.to = at(20)}}), "R5 | R1");
  checks.equal("graphs", pages(store, GraphQuery{.limit = 1, .hash = "h3"}), "h3");
}

void a_trace_that_ends_between_pages_comes_once(Store& store, Checks& checks) {
  fill_to_page(store);
  TraceQuery query{.limit = 2};
  const auto first = store.query_traces(query);
  write(store, [](BatchBuilder& batch) { batch.add(make_trace(3, "t", 20, 90)); });
  query.cursor = first.cursor;
  checks.equal("the first page", ids(first), "T4 T9 (truncated)");
  checks.equal("the second page", ids(store.query_traces(query)), "T3 T2 (truncated)");
}

// "5 2 | 9" with a letter before each number.
std::function<std::string(std::string)> with_letter(std::string letter) {
  return [letter](const std::string& numbers) {
    std::string out;
    for (const char c : numbers) out += (c >= '0' && c <= '9' ? letter : std::string()) + c;
    return out;
  };
}

}  // namespace

std::vector<ContractCase> paging_cases() {
  std::vector<ContractCase> cases;
  const auto add_both_times = [&]<class Query>(const Query&, const std::string& name, const std::string& letter) {
    const auto named = with_letter(letter);
    add_paging(cases, name + "_newest_first", Query{}, named("4 9 | 3 2 | 5 1"), named("4 9 | 3 2 | 5 1"));
    add_paging(cases, name + "_oldest_first", Query{.order = Order::oldest_first}, named("1 5 | 2 3 | 9 4"),
               named("1 5 | 2 3 | 9 4 | 7"));
    add_offsets<Query>(cases, name, named);
    add_refused_cursors<Query>(cases, name);
  };
  add_both_times(TraceQuery{}, "traces", "T");
  add_both_times(SpanQuery{}, "spans", "S");
  add_both_times(EventQuery{}, "events", "R");
  add_both_times(MetricQuery{}, "metrics", "R");
  add_paging_by_duration<TraceQuery>(cases, "traces", with_letter("T"));
  add_paging_by_duration<SpanQuery>(cases, "spans", with_letter("S"));
  add_paging(cases, "graphs", GraphQuery{}, "h6 h5 | h4 h3 | h2 h1", "h6 h5 | h4 h3 | h2 h1");
  add_refused_cursors<GraphQuery>(cases, "graphs");
  add_rows<GraphQuery>(cases, "graphs_offset", fill_to_page,
                       {{"comes_before_the_limit", {.limit = 2, .offset = 1}, "h5 h4 (truncated)"},
                        {"that_leaves_the_last", {.offset = 5}, "h1"},
                        {"beyond_everything", {.offset = ~std::size_t{0}}, ""}});
  cases.push_back({"graphs_offset_is_left_out_once", [](Store& store, Checks& checks) {
                     fill_to_page(store);
                     checks.equal("pages", pages(store, GraphQuery{.limit = 3, .offset = 1}), "h5 h4 h3 | h2 h1");
                   }});
  cases.push_back({"a_cursor_of_another_kind_is_refused", a_cursor_of_another_kind_is_refused});
  cases.push_back({"a_cursor_of_another_order_is_refused", a_cursor_of_another_order_is_refused});
  cases.push_back({"conditions_hold_on_every_page", conditions_hold_on_every_page});
  cases.push_back({"a_trace_that_ends_between_pages_comes_once", a_trace_that_ends_between_pages_comes_once});
  return cases;
}

}  // namespace spark::testing
