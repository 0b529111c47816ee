// The contract's cases about names as globs. What each metacharacter means is tested with Glob itself; here, that every
// kind of query obeys it and that no pattern is anything else.
#include <string>

#include "backends/contract_tables.h"
#include "spark/base/glob.h"

namespace spark::testing {
namespace {

const std::string injected_name = "x' OR 1=1; DROP TABLE names; --";

void fill_named(Store& store) {
  write(store, [](BatchBuilder& batch) {
    const std::string names[] = {"LoadNode", "load_node", "a*b", "aXb", "", "é", injected_name, "50%", "[x]"};
    for (std::uint64_t i = 1; i <= std::size(names); ++i) {
      const std::string& name = names[i - 1];
      const auto time = static_cast<std::int64_t>(i);
      batch.add(make_trace(i, name, time, time + 1));
      batch.add(make_span(i, name, time, time + 1));
      batch.add(make_event(i, name, time));
      batch.add(make_metric(i, name, time));
    }
  });
}

std::vector<TableRow<SpanQuery>> span_rows() {
  std::string hostile;
  for (int i = 0; i < 1'000; ++i) hostile += "*a";
  return {
      {"without_metacharacters_is_exact", {.name = "LoadNode"}, "S1"},
      {"does_not_match_a_part", {.name = "Load"}, ""},
      {"is_case_sensitive", {.name = "load*"}, "S2"},
      {"star_at_the_end", {.name = "Load*"}, "S1"},
      {"star_at_the_beginning", {.name = "*ode"}, "S2 S1"},
      {"star_alone", {.name = "*"}, "S9 S8 S7 S6 S5 S4 S3 S2 S1"},
      {"star_in_the_middle", {.name = "a*b"}, "S4 S3"},
      {"question_mark", {.name = "a?b"}, "S4 S3"},
      {"question_mark_is_a_code_point", {.name = "?"}, "S6"},
      {"set", {.name = "[Ll]oad[_N]*"}, "S2 S1"},
      {"range", {.name = "a[A-Z]b"}, "S4"},
      {"negated_set", {.name = "a[!A-Z]b"}, "S3"},
      {"escaped_star", {.name = "a\\*b"}, "S3"},
      {"escaped_brackets", {.name = glob_escape("[x]")}, "S9"},
      {"brackets_are_a_set", {.name = "[x]"}, ""},
      {"empty_is_the_empty_name", {.name = ""}, "S5"},
      {"at_least_one_character", {.name = "?*", .start_time = {.to = at(6)}}, "S4 S3 S2 S1"},
      {"percent_and_underscore_mean_nothing", {.name = "5%"}, ""},
      {"percent_is_a_character", {.name = "50%"}, "S8"},
      {"with_sql_in_it", {.name = injected_name}, "S7"},
      {"with_sql_and_a_star_in_it", {.name = "x' OR 1=1;*"}, "S7"},
      {"that_would_end_a_literal", {.name = "*' OR '1'='1"}, ""},
      {"with_conditions_besides", {.span_id = span_id(2), .name = "*ode"}, "S2"},
      {"with_a_limit", {.limit = 1, .name = "*ode"}, "S2 (truncated)"},
      {"hostile", {.name = hostile}, ""},
      {"unclosed", {.name = "a["}, "error: invalid_argument"},
      {"ends_in_a_backslash", {.name = "a\\"}, "error: invalid_argument"},
      {"too_long", {.name = std::string(max_glob_bytes + 1, '*')}, "error: invalid_argument"},
  };
}

template <class Query>
std::vector<TableRow<Query>> name_rows(const std::string& letter) {
  const auto list = [&](std::initializer_list<int> numbers) {
    std::string out;
    for (const int number : numbers) out += (out.empty() ? "" : " ") + letter + std::to_string(number);
    return out;
  };
  return {
      {"glob", {.name = "*ode"}, list({2, 1})},
      {"exact", {.name = "LoadNode"}, list({1})},
      {"not_a_part", {.name = "Load"}, ""},
      {"escaped", {.name = "a\\*b"}, list({3})},
      {"sql_in_a_glob", {.name = "x' OR 1=1;*"}, list({7})},
      {"unclosed_glob", {.name = "["}, "error: invalid_argument"},
  };
}

void other_texts_are_no_globs(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    Event event = make_event(1, "e", 1);
    event.type = "node_failed";
    batch.add(event);
    batch.add(GraphDefinition{.hash = "h1", .graph_id = "etl", .version = "1", .content = {}});
  });
  checks.equal("event_type", answer(store, EventQuery{.event_type = "node_*"}), "");
  checks.equal("event_type that is no glob", answer(store, EventQuery{.event_type = "["}), "");
  checks.equal("hash", answer(store, GraphQuery{.hash = "h?"}), "");
  checks.equal("graph_id", answer(store, GraphQuery{.graph_id = "*"}), "");
  checks.equal("version", answer(store, GraphQuery{.version = "[1]"}), "");
}

void hostile_texts_are_only_texts(Store& store, Checks& checks) {
  fill_named(store);
  const std::string sql = "' OR '1'='1";
  checks.equal("event_type", answer(store, EventQuery{.event_type = sql}), "");
  checks.equal("hash", answer(store, GraphQuery{.hash = sql}), "");
  checks.equal("graph_id", answer(store, GraphQuery{.graph_id = sql}), "");
  checks.equal("version", answer(store, GraphQuery{.version = sql}), "");
  checks.equal("name with U+0000", answer(store, SpanQuery{.name = std::string("LoadNode\0x", 10)}), "");
  checks.equal("glob with U+0000", answer(store, SpanQuery{.name = std::string("Load*\0", 6)}), "");
  checks.equal("glob that is not UTF-8", answer(store, SpanQuery{.name = "\xFF*"}), "");
  checks.equal("nothing is gone", answer(store, SpanQuery{.name = "*ode"}), "S2 S1");
}

}  // namespace

std::vector<ContractCase> glob_cases() {
  std::vector<ContractCase> cases;
  add_rows(cases, "glob", fill_named, span_rows());
  add_rows(cases, "trace_name", fill_named, name_rows<TraceQuery>("T"));
  add_rows(cases, "event_name", fill_named, name_rows<EventQuery>("R"));
  add_rows(cases, "metric_name", fill_named, name_rows<MetricQuery>("R"));
  cases.push_back({"other_texts_are_no_globs", other_texts_are_no_globs});
  cases.push_back({"hostile_texts_are_only_texts", hostile_texts_are_only_texts});
  return cases;
}

}  // namespace spark::testing
