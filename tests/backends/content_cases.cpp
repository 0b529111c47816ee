// The contract's cases about what records hold: everything comes back as it went.
#include <cmath>
#include <limits>
#include <string>

#include "backends/records.h"
#include "backends/store_contract.h"
#include "fakes/numbers.h"
#include "spark/base/glob.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using fakes::infinity;
using fakes::nan;

Object every_type() {
  return {{"null", nullptr},
          {"yes", true},
          {"int", std::numeric_limits<std::int64_t>::min()},
          {"whole", 2.0},
          {"tenth", 0.1},
          {"nan", nan},
          {"inf", infinity},
          {"-inf", -infinity},
          {"text", "Grüße \"\\\n\xF0\x9F\x98\x80"},
          {"empty", ""},
          {"bytes", Bytes{{0x00, 0xFF, 0x80}}},
          {"array", Array{1, "two", Array{}, nullptr}},
          {"object", Object{{"a", Object{{"b", Array{false}}}}, {"none", Object{}}}},
          {"$bytes", "not bytes"},
          {"tagged", Object{{"$double", "NaN"}}}};
}

// Literal, so that a change of the JSON form that would make old files unreadable is seen here.
constexpr const char* every_type_json =
    R"({"$bytes":"not bytes","-inf":{"$double":"-Infinity"},"array":[1,"two",[],null],"bytes":{"$bytes":"AP+A"},)"
    R"("empty":"","inf":{"$double":"Infinity"},"int":-9223372036854775808,"nan":{"$double":"NaN"},"null":null,)"
    R"("object":{"a":{"b":[false]},"none":{}},"tagged":{"$object":{"$double":"NaN"}},"tenth":0.1,)"
    "\"text\":\"Grüße \\\"\\\\\\n\xF0\x9F\x98\x80\",\"whole\":2.0,\"yes\":true}";

void attributes_of_every_type(Store& store, Checks& checks) {
  const Object attributes = every_type();
  write(store, [&](BatchBuilder& batch) {
    batch.add(Trace{.trace_id = trace_id(1),
                    .name = "t",
                    .start_time = at(0),
                    .end_time = {},
                    .attributes = attributes,
                    .root_span_id = {},
                    .graph_hash = {}});
    const Event of_span{.event_id = record_id(1),
                        .trace_id = trace_id(1),
                        .span_id = span_id(1),
                        .type = {},
                        .name = "e",
                        .timestamp = at(0),
                        .source = EventSource::span,
                        .attributes = attributes};
    batch.add(Span{.span_id = span_id(1),
                   .trace_id = trace_id(1),
                   .parent_span_id = {},
                   .name = "s",
                   .start_time = at(0),
                   .end_time = at(0),
                   .status_message = {},
                   .error_type = {},
                   .attributes = attributes},
              std::span(&of_span, 1));
    batch.add(Event{.event_id = record_id(2),
                    .trace_id = trace_id(1),
                    .span_id = {},
                    .type = "x",
                    .name = "e",
                    .timestamp = at(1),
                    .attributes = attributes});
    batch.add(Metric{.metric_id = record_id(3),
                     .trace_id = {},
                     .span_id = {},
                     .name = "m",
                     .unit = {},
                     .timestamp = at(0),
                     .attributes = attributes,
                     .distribution = {}});
    batch.add(GraphDefinition{.hash = "h", .graph_id = "g", .version = "1", .content = attributes});
  });
  const std::string json = every_type_json;
  checks.equal("of a trace", text(store.query_traces({})), "T1 t started 0.. " + json + " root=- graph=\n");
  checks.equal("of a span", text(store.query_spans({})), "T1 S1<- s INTERNAL completed 0..0 \"\" \"\" " + json + "\n");
  checks.equal("of events", text(store.query_events({})),
               "R2 T1 - \"x\" e 1 recorded " + json + "\nR1 T1 S1 \"\" e 0 span " + json + "\n");
  checks.equal("of a metric", text(store.query_metrics({})), "R3 - - m 0.0 \"\" gauge 0 " + json + "\n");
  checks.equal("of a graph", text(store.query_graphs({})), "h g 1 " + json + "\n");
}

void a_failed_span_keeps_why(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    batch.add(Span{.span_id = span_id(9),
                   .trace_id = trace_id(9),
                   .parent_span_id = span_id(1),
                   .name = "load",
                   .kind = SpanKind::CLIENT,
                   .start_time = at(1) + std::chrono::nanoseconds(1),
                   .end_time = at(2) + std::chrono::nanoseconds(3),
                   .status = SpanStatus::failed,
                   .status_message = "no such file",
                   .error_type = "std::runtime_error",
                   .attributes = {}});
  });
  checks.equal("the span", text(store.query_spans({})),
               "T9 S9<S1 load CLIENT failed 1000001ns..2000003ns \"no such file\" \"std::runtime_error\" {}\n");
}

void events_say_where_they_came_from(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    const Event of_span{.event_id = record_id(1),
                        .trace_id = trace_id(1),
                        .span_id = span_id(1),
                        .type = {},
                        .name = "retry",
                        .timestamp = at(5),
                        .source = EventSource::span,
                        .attributes = {{"n", 1}}};
    batch.add(Span{.span_id = span_id(1),
                   .trace_id = trace_id(1),
                   .parent_span_id = {},
                   .name = "s",
                   .start_time = at(0),
                   .end_time = at(9),
                   .status_message = {},
                   .error_type = {},
                   .attributes = {}},
              std::span(&of_span, 1));
    batch.add(Event{.event_id = record_id(2),
                    .trace_id = trace_id(1),
                    .span_id = span_id(1),
                    .type = "node_retry",
                    .name = "retry",
                    .timestamp = at(5),
                    .attributes = {{"n", 2}}});
  });
  checks.equal("both", text(store.query_events({})),
               "R2 T1 S1 \"node_retry\" retry 5 recorded {\"n\":2}\nR1 T1 S1 \"\" retry 5 span {\"n\":1}\n");
}

void metrics_keep_every_number(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    std::int64_t id = 0;
    for (const double value : {nan, infinity, -infinity, 0.0, 42.0, 0.1, -1e300, 5e-324, 9007199254740993.0}) {
      ++id;
      batch.add(Metric{.metric_id = record_id(static_cast<std::uint64_t>(id)),
                       .trace_id = {},
                       .span_id = {},
                       .name = "m",
                       .value = value,
                       .unit = "s",
                       .aggregation_type = AggregationType::counter,
                       .timestamp = at(-id),
                       .attributes = {},
                       .distribution = {}});
    }
  });
  std::string values;
  for (const Metric& metric : store.query_metrics({})) values += to_json(Value(metric.value)) + " ";
  checks.equal("values", values,
               "{\"$double\":\"NaN\"} {\"$double\":\"Infinity\"} {\"$double\":\"-Infinity\"} 0.0 42.0 0.1 "
               "-1e+300 5e-324 "
               "9007199254740992.0 ");
}

void metrics_keep_their_distribution(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    Metric metric{.metric_id = record_id(1),
                  .trace_id = trace_id(1),
                  .span_id = span_id(2),
                  .name = "response_time",
                  .value = 7.5,
                  .unit = "seconds",
                  .aggregation_type = AggregationType::histogram,
                  .timestamp = at(1),
                  .attributes = {{"node_id", "n1"}},
                  .distribution = {}};
    metric.distribution = Distribution{.count = 6,
                                       .sum = 7.5,
                                       .scale = 20,
                                       .zero_count = 1,
                                       .positive = {.offset = -3, .counts = {1, 0, 3}},
                                       .negative = {.offset = 4, .counts = {1}}};
    batch.add(metric);
    metric.metric_id = record_id(2);
    metric.timestamp = at(0);
    metric.distribution = Distribution{};
    batch.add(metric);
  });
  checks.equal("both", text(store.query_metrics({})),
               "R1 T1 S2 response_time 7.5 \"seconds\" histogram 1 {\"node_id\":\"n1\"} count=6 sum=7.5 "
               "scale=20 zero=1 "
               "positive=-3:1,0,3, negative=4:1,\n"
               "R2 T1 S2 response_time 7.5 \"seconds\" histogram 0 {\"node_id\":\"n1\"} count=0 sum=0.0 "
               "scale=0 zero=0 "
               "positive=0: negative=0:\n");
}

void hostile_names_are_only_names(Store& store, Checks& checks) {
  const std::string names[] = {"'; DROP TABLE spans_data; --",
                               "\"",
                               "%",
                               "_",
                               "*",
                               "a'b",
                               "",
                               " ",
                               "\\",
                               "NULL",
                               "?1",
                               std::string(9'000, 'x'),
                               "\xE2\x80\xAE"
                               "abc",
                               "Grüße"};
  std::uint64_t id = 0;
  for (const std::string& name : names) {
    ++id;
    write(store, [&](BatchBuilder& batch) {
      batch.add(Trace{.trace_id = trace_id(id),
                      .name = name,
                      .start_time = at(0),
                      .end_time = {},
                      .attributes = {},
                      .root_span_id = {},
                      .graph_hash = name});
      batch.add(Span{.span_id = span_id(id),
                     .trace_id = trace_id(id),
                     .parent_span_id = {},
                     .name = name,
                     .start_time = at(0),
                     .end_time = at(0),
                     .status_message = name,
                     .error_type = name,
                     .attributes = {{name, name}}});
      batch.add(Event{.event_id = record_id(id),
                      .trace_id = trace_id(id),
                      .span_id = {},
                      .type = name,
                      .name = name,
                      .timestamp = at(0),
                      .attributes = {}});
      batch.add(Metric{.metric_id = record_id(id),
                       .trace_id = trace_id(id),
                       .span_id = {},
                       .name = name,
                       .unit = name,
                       .timestamp = at(0),
                       .attributes = {},
                       .distribution = {}});
    });
  }
  for (const std::string& name : names) {
    const std::string pattern = glob_escape(name);
    const auto traces = store.query_traces({.name = pattern});
    const auto spans = store.query_spans({.name = pattern});
    const auto events = store.query_events({.event_type = name, .name = pattern});
    const auto metrics = store.query_metrics({.name = pattern});
    checks.equal("traces named " + name, std::to_string(traces.size()), "1");
    checks.equal("spans named " + name, std::to_string(spans.size()), "1");
    checks.equal("events named " + name, std::to_string(events.size()), "1");
    checks.equal("metrics named " + name, std::to_string(metrics.size()), "1");
    if (traces.size() == 1) checks.equal("its graph", traces[0].graph_hash, name);
    if (spans.size() == 1) checks.equal("its error", spans[0].error_type + spans[0].status_message, name + name);
    if (spans.size() == 1) checks.equal("its attribute", spans[0].attributes.begin()->key, name);
    if (metrics.size() == 1) checks.equal("its unit", metrics[0].unit, name);
  }
}

void times_before_1970_and_far_ahead(Store& store, Checks& checks) {
  const auto add = [](BatchBuilder& batch, std::uint64_t id, std::int64_t start_ns, std::int64_t end_ns) {
    const auto time = [](std::int64_t ns) { return Timestamp(std::chrono::nanoseconds(ns)); };
    batch.add(Span{.span_id = span_id(id),
                   .trace_id = trace_id(1),
                   .parent_span_id = {},
                   .name = "s",
                   .start_time = time(start_ns),
                   .end_time = time(end_ns),
                   .status_message = {},
                   .error_type = {},
                   .attributes = {}});
  };
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  write(store, [&](BatchBuilder& batch) {
    add(batch, 1, -1, 1);
    add(batch, 2, least, most);
    add(batch, 3, most, most);
  });
  std::string times;
  for (const Span& span : store.query_spans({})) {
    times += std::to_string(span.start_time.time_since_epoch().count()) + ".." +
             std::to_string(span.end_time.time_since_epoch().count()) + " ";
  }
  checks.equal("newest first", times,
               "9223372036854775807..9223372036854775807 -1..1 -9223372036854775808..9223372036854775807 ");
}

void many_records_in_one_batch(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t i = 0; i < 3'000; ++i) {
      batch.add(Span{.span_id = SpanId{i + 1},
                     .trace_id = trace_id(i % 30 + 1),
                     .parent_span_id = {},
                     .name = "s",
                     .start_time = at(static_cast<std::int64_t>(i)),
                     .end_time = at(static_cast<std::int64_t>(i)),
                     .status_message = {},
                     .error_type = {},
                     .attributes = {}});
    }
  });
  checks.equal("all", std::to_string(store.query_spans({}).size()), "3000");
  checks.equal("of one trace", std::to_string(store.query_spans({.trace_id = trace_id(30)}).size()), "100");
  checks.equal("the newest", ids(store.query_spans({.limit = 2})), "S3000 S2999 (truncated)");
}

}  // namespace

std::vector<ContractCase> content_cases() {
  return {{"attributes_of_every_type", attributes_of_every_type},
          {"a_failed_span_keeps_why", a_failed_span_keeps_why},
          {"events_say_where_they_came_from", events_say_where_they_came_from},
          {"metrics_keep_every_number", metrics_keep_every_number},
          {"metrics_keep_their_distribution", metrics_keep_their_distribution},
          {"hostile_names_are_only_names", hostile_names_are_only_names},
          {"times_before_1970_and_far_ahead", times_before_1970_and_far_ahead},
          {"many_records_in_one_batch", many_records_in_one_batch}};
}

}  // namespace spark::testing
