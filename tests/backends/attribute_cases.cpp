// The contract's cases about attribute filters: every operator, every type, every kind of record, and paths and values
// that somebody might have meant as SQL or JSON.
#include <cmath>
#include <limits>
#include <string>

#include "backends/contract_tables.h"
#include "fakes/numbers.h"

namespace spark::testing {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr double two_to_63 = 9'223'372'036'854'775'808.0;
using fakes::infinity;
const std::string injected_text = "'); DROP TABLE spans_data; --";

// Each starts a millisecond after the one before, so S9 comes first.
void fill_typed(Store& store) {
  write(store, [](BatchBuilder& batch) {
    batch.add(make_span(1, "s", 1, 2, {{"n", 1}, {"text", "b"}, {"truth", true}, {"nothing", nullptr}}));
    batch.add(make_span(2, "s", 2, 3, {{"n", 1.0}, {"text", "B"}, {"truth", false}}));
    batch.add(make_span(3, "s", 3, 4, {{"n", true}, {"text", "bb"}, {"truth", 1}}));
    batch.add(make_span(4, "s", 4, 5, {{"n", std::nan("")}, {"text", "é"}, {"truth", "true"}}));
    batch.add(make_span(5, "s", 5, 6, {{"n", most}, {"text", "1"}, {"list", Array{1, "x"}}}));
    batch.add(make_span(6, "s", 6, 7, {{"n", two_to_63}, {"text", ""}, {"list", Array{1, "y"}}}));
    batch.add(make_span(7, "s", 7, 8, {{"n", infinity}, {"text", 1}, {"bytes", Bytes{{1, 255}}}}));
    batch.add(make_span(8, "s", 8, 9, {{"n", -0.5}, {"text", "a\n\"\\\x01z"}, {"bytes", "AQ=="}}));
    batch.add(make_span(9, "s", 9, 10));
  });
}

std::vector<TableRow<SpanQuery>> typed_rows() {
  const auto n = attribute("n"), text = attribute("text"), truth = attribute("truth");
  return {
      {"equal_int_finds_the_same_double", {.attributes = {n == 1}}, "S2 S1"},
      {"equal_double_finds_the_same_int", {.attributes = {n == 1.0}}, "S2 S1"},
      {"equal_bool_is_no_number", {.attributes = {n == true}}, "S3"},
      {"equal_number_is_no_bool", {.attributes = {truth == 1}}, "S3"},
      {"equal_string_is_no_bool", {.attributes = {truth == "true"}}, "S4"},
      {"equal_false", {.attributes = {truth == false}}, "S2"},
      {"equal_null", {.attributes = {attribute("nothing") == nullptr}}, "S1"},
      {"equal_null_is_not_absent", {.attributes = {attribute("list") == nullptr}}, ""},
      {"equal_nan_never", {.attributes = {n == std::nan("")}}, ""},
      {"equal_infinity", {.attributes = {n == infinity}}, "S7"},
      {"equal_largest_int_exactly", {.attributes = {n == most}}, "S5"},
      {"equal_double_above_the_largest_int", {.attributes = {n == two_to_63}}, "S6"},
      {"equal_string_is_case_sensitive", {.attributes = {text == "b"}}, "S1"},
      {"equal_string_not_by_its_beginning", {.attributes = {text == "bb"}}, "S3"},
      {"equal_string_is_no_number", {.attributes = {text == 1}}, "S7"},
      {"equal_number_is_no_string", {.attributes = {text == "1"}}, "S5"},
      {"equal_empty_string", {.attributes = {text == ""}}, "S6"},
      {"equal_string_beyond_ascii", {.attributes = {text == "é"}}, "S4"},
      {"equal_string_with_escapes", {.attributes = {text == "a\n\"\\\x01z"}}, "S8"},
      {"equal_array", {.attributes = {attribute("list") == Array{1.0, "x"}}}, "S5"},
      {"equal_bytes", {.attributes = {attribute("bytes") == Bytes{{1, 255}}}}, "S7"},
      {"equal_bytes_are_no_string", {.attributes = {attribute("bytes") == "AQ=="}}, "S8"},
      {"not_equal_needs_the_attribute", {.attributes = {n != 1}}, "S8 S7 S6 S5 S4 S3"},
      {"not_equal_of_another_type", {.attributes = {truth != true}}, "S4 S3 S2"},
      {"not_equal_nan_always", {.attributes = {n != std::nan("")}}, "S8 S7 S6 S5 S4 S3 S2 S1"},
      {"less_numbers", {.attributes = {n < 1}}, "S8"},
      {"less_is_exact_near_2_to_63", {.attributes = {n < two_to_63}}, "S8 S5 S2 S1"},
      {"less_than_nan_never", {.attributes = {n < std::nan("")}}, ""},
      {"less_strings_by_bytes", {.attributes = {text < "b"}}, "S8 S6 S5 S2"},
      {"less_bools_never", {.attributes = {truth < true}}, ""},
      {"less_arrays_never", {.attributes = {attribute("list") < Array{2}}}, ""},
      {"less_bytes_never", {.attributes = {attribute("bytes") < Bytes{{2}}}}, ""},
      {"greater_numbers", {.attributes = {n > 1}}, "S7 S6 S5"},
      {"greater_is_exact_near_2_to_63", {.attributes = {n > most}}, "S7 S6"},
      {"greater_strings_by_bytes", {.attributes = {text > "b"}}, "S4 S3"},
      {"greater_string_is_not_above_numbers", {.attributes = {text > 0}}, "S7"},
      {"exists_whatever_it_is", {.attributes = {n.exists()}}, "S8 S7 S6 S5 S4 S3 S2 S1"},
      {"exists_null", {.attributes = {attribute("nothing").exists()}}, "S1"},
      {"exists_absent", {.attributes = {attribute("N").exists()}}, ""},
      {"all_filters_hold_together", {.attributes = {n > 0, n < 2, truth == true}}, "S1"},
      {"filters_hold_with_fields", {.span_id = span_id(2), .attributes = {n == 1}}, "S2"},
      {"without_attributes_filters_hold", {.attributes = {n == 1}, .with_attributes = false}, "S2 S1"},
      {"limit_counts_what_the_filter_leaves", {.limit = 1, .attributes = {n == 1}}, "S2 (truncated)"},
  };
}

Object deep(int depth, Value value) {
  for (; depth > 1; --depth) value = Object{{"d", std::move(value)}};
  return {{"d", std::move(value)}};
}

void fill_nested(Store& store) {
  write(store, [](BatchBuilder& batch) {
    batch.add(make_span(1, "s", 1, 2, {{"outputs", Object{{"ok", true}, {"n", 3}}}, {"x", 1}}));
    batch.add(make_span(2, "s", 2, 3, {{"outputs", Object{{"ok", false}, {"other", Object{{"ok", true}}}}}}));
    batch.add(make_span(3, "s", 3, 4, {{"outputs.ok", true}, {"outputs", "ok"}, {"", "empty"}}));
    batch.add(make_span(4, "s", 4, 5, {{"outputs", Array{Object{{"ok", true}}, true}}, {"a\"b\\c", "quoted"}}));
    batch.add(make_span(5, "s", 5, 6, {{"$bytes", Object{{"ok", 5}}}}));
    batch.add(make_span(6, "s", 6, 7, {{"outputs", Object{{"$double", "NaN"}}}, {injected_text, injected_text}}));
    batch.add(make_span(7, "s", 7, 8, {{"outputs", Object{{"$object", Object{{"ok", 7}}}}}, {"%", "\"}, {\""}}));
    batch.add(make_span(8, "s", 8, 9, deep(30, "bottom")));
    batch.add(make_span(9, "s", 9, 10, {{"text", "{\"outputs\":{\"ok\":true}}"}, {"ключ", "значение"}, {"$", 1}}));
  });
}

std::vector<TableRow<SpanQuery>> nested_rows() {
  const auto ok = attribute("outputs", "ok");
  AttributeFilter bottom{std::vector<std::string>(30, "d"), AttributeOp::equal, "bottom"};
  AttributeFilter too_deep{std::vector<std::string>(31, "d"), AttributeOp::exists, {}};
  const std::string quotes = "\"}, {\"";
  return {
      {"equal", {.attributes = {ok == true}}, "S1"},
      {"exists_through_objects_only", {.attributes = {ok.exists()}}, "S2 S1"},
      {"not_equal", {.attributes = {ok != true}}, "S2"},
      {"greater", {.attributes = {attribute("outputs", "n") > 2}}, "S1"},
      {"less", {.attributes = {attribute("outputs", "n") < 2}}, ""},
      {"three_levels", {.attributes = {attribute("outputs", "other", "ok") == true}}, "S2"},
      {"of_an_object_as_a_whole", {.attributes = {attribute("outputs") == Object{{"n", 3}, {"ok", true}}}}, "S1"},
      {"a_dot_is_part_of_a_key", {.attributes = {attribute("outputs.ok") == true}}, "S3"},
      {"an_index_is_no_path", {.attributes = {attribute("outputs", "0").exists()}}, ""},
      {"an_empty_key_is_a_key", {.attributes = {attribute("") == "empty"}}, "S3"},
      {"quotes_and_backslashes_in_a_key", {.attributes = {attribute("a\"b\\c") == "quoted"}}, "S4"},
      {"a_key_that_looks_like_a_tag", {.attributes = {attribute("$bytes", "ok") == 5}}, "S5"},
      {"a_tag_inside_is_a_plain_object", {.attributes = {attribute("outputs", "$double") == "NaN"}}, "S6"},
      {"an_object_tag_inside_is_one_too", {.attributes = {attribute("outputs", "$object", "ok") == 7}}, "S7"},
      {"a_tag_is_not_passed_over", {.attributes = {attribute("outputs", "ok") == 7}}, ""},
      {"a_dollar_key_among_others", {.attributes = {attribute("$") == 1}}, "S9"},
      {"deep", {.attributes = {bottom}}, "S8"},
      {"deeper_than_what_is_there", {.attributes = {too_deep}}, ""},
      {"sql_in_key_and_value", {.attributes = {attribute(injected_text) == injected_text}}, "S6"},
      {"sql_in_a_key_that_nobody_has", {.attributes = {attribute("x') OR 1=1 --").exists()}}, ""},
      {"a_json_path_is_a_key", {.attributes = {attribute("$.outputs.ok").exists()}}, ""},
      {"a_wildcard_is_a_key", {.attributes = {attribute("%") == quotes}}, "S7"},
      {"json_in_a_value_is_text", {.attributes = {attribute("text") == "{\"outputs\":{\"ok\":true}}"}}, "S9"},
      {"keys_beyond_ascii", {.attributes = {attribute("ключ") == "значение"}}, "S9"},
      {"a_key_with_u0000", {.attributes = {attribute(std::string_view("x\0y", 3)).exists()}}, ""},
      {"an_empty_path_is_refused", {.attributes = {AttributeFilter{}}}, "error: invalid_argument"},
      {"a_path_too_long_is_refused",
       {.attributes = {{std::vector<std::string>(max_attribute_path + 1, "d"), AttributeOp::exists, {}}}},
       "error: invalid_argument"},
      {"too_many_filters_are_refused",
       {.attributes = std::vector<AttributeFilter>(max_attribute_filters + 1, attribute("x").exists())},
       "error: invalid_argument"},
  };
}

void fill_other_kinds(Store& store) {
  const Object first{{"cost", 0.5}, {"in", Object{{"ok", true}}}, {"nothing", nullptr}};
  const Object second{{"cost", 2}, {"in", Object{{"ok", false}}}};
  write(store, [&](BatchBuilder& batch) {
    batch.add(make_trace(1, "t", 1, 2, first));
    batch.add(make_trace(2, "t", 2, {}, second));
    batch.add(make_trace(3, "t", 3, 4));
    batch.add(make_event(1, "e", 1, first));
    batch.add(make_event(2, "e", 2, second));
    batch.add(make_event(3, "e", 3));
    batch.add(make_metric(1, "m", 1, first));
    batch.add(make_metric(2, "m", 2, second));
    batch.add(make_metric(3, "m", 3));
    Span span = make_span(4, "implied", 4, 5, first);
    span.trace_id = trace_id(4);
    add_local_root(batch, span);
  });
}

// The same rows for all that have attributes; `letter` is that of their ids.
template <class Query>
std::vector<TableRow<Query>> other_rows(const std::string& letter) {
  const auto cost = attribute("cost");
  const std::string one = letter + "1", two = letter + "2";
  return {
      {"equal", {.attributes = {cost == 2.0}}, two},
      {"not_equal", {.attributes = {cost != 2}}, one},
      {"less", {.attributes = {cost < 1}}, one},
      {"greater", {.attributes = {cost > 1}}, two},
      {"exists", {.attributes = {cost.exists()}}, two + " " + one},
      {"exists_null", {.attributes = {attribute("nothing").exists()}}, one},
      {"nested", {.attributes = {attribute("in", "ok") == true}}, one},
      {"all_together", {.attributes = {cost.exists(), attribute("in", "ok") != true}}, two},
      {"all_together_the_other_way_round", {.attributes = {attribute("in", "ok") != true, cost.exists()}}, two},
      {"empty_path", {.attributes = {AttributeFilter{}}}, "error: invalid_argument"},
  };
}

}  // namespace

std::vector<ContractCase> attribute_cases() {
  std::vector<ContractCase> cases;
  add_rows(cases, "attribute", fill_typed, typed_rows());
  add_rows(cases, "nested_attribute", fill_nested, nested_rows());
  add_rows(cases, "trace_attribute", fill_other_kinds, other_rows<TraceQuery>("T"));
  add_rows(cases, "event_attribute", fill_other_kinds, other_rows<EventQuery>("R"));
  add_rows(cases, "metric_attribute", fill_other_kinds, other_rows<MetricQuery>("R"));
  return cases;
}

}  // namespace spark::testing
