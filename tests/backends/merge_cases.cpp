// The contract's cases about what becomes of records that come twice, late, in the wrong order, or from
// elsewhere.
#include <algorithm>
#include <string>
#include <vector>

#include "backends/records.h"
#include "backends/store_contract.h"

namespace spark::testing {
namespace {

Trace start_of(std::uint64_t id) {
  return {.trace_id = trace_id(id),
          .name = "checkout",
          .start_time = at(1000),
          .end_time = {},
          .attributes = {{"user", "alice"}},
          .root_span_id = span_id(7),
          .graph_hash = "h1"};
}

Trace end_of(std::uint64_t id, TraceStatus status = TraceStatus::completed) {
  Trace trace = start_of(id);
  trace.end_time = at(3000);
  trace.status = status;
  trace.attributes.set("items", 3);
  return trace;
}

Span span_of(std::uint64_t trace, std::uint64_t id, std::int64_t start, SpanStatus status = SpanStatus::completed) {
  return {.span_id = span_id(id),
          .trace_id = trace_id(trace),
          .parent_span_id = span_id(7),
          .name = "handle",
          .kind = SpanKind::SERVER,
          .start_time = at(start),
          .end_time = at(start + 100),
          .status = status,
          .status_message = {},
          .error_type = {},
          .attributes = {}};
}

constexpr const char* started = "T1 checkout started 1000.. {\"user\":\"alice\"} root=S7 graph=h1\n";
constexpr const char* ended = "T1 checkout completed 1000..3000 {\"items\":3,\"user\":\"alice\"} root=S7 graph=h1\n";

void a_start_then_its_end_is_one_trace(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) { batch.add(start_of(1)); });
  checks.equal("after the start", text(store.query_traces({})), started);
  write(store, [](BatchBuilder& batch) { batch.add(end_of(1)); });
  checks.equal("after the end", text(store.query_traces({})), ended);
}

void an_end_before_its_start_is_one_trace(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) { batch.add(end_of(1)); });
  write(store, [](BatchBuilder& batch) { batch.add(start_of(1)); });
  checks.equal("an ended trace is never replaced by a start", text(store.query_traces({})), ended);
}

void start_and_end_in_one_batch_are_one_trace(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    batch.add(start_of(1));
    batch.add(end_of(1));
    batch.add(end_of(2));
    batch.add(start_of(2));
  });
  checks.equal("start first", text(store.query_traces({.trace_id = trace_id(1)})), ended);
  checks.equal("end first", ids(store.query_traces({.status = TraceStatus::completed})), "T2 T1");
}

void a_start_sent_again_after_the_end_changes_nothing(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) { batch.add(start_of(1)); });
  write(store, [](BatchBuilder& batch) { batch.add(end_of(1)); });
  write(store, [](BatchBuilder& batch) { batch.add(start_of(1)); });
  checks.equal("the trace", text(store.query_traces({})), ended);
}

void the_first_of_two_ends_wins(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) { batch.add(end_of(1)); });
  write(store, [](BatchBuilder& batch) { batch.add(end_of(1, TraceStatus::failed)); });
  checks.equal("in two batches", text(store.query_traces({})), ended);
  write(store, [](BatchBuilder& batch) {
    batch.add(end_of(2));
    batch.add(end_of(2, TraceStatus::failed));
  });
  checks.equal("in one batch", ids(store.query_traces({.status = TraceStatus::failed})), "");
}

void a_batch_written_twice_is_there_once(Store& store, Checks& checks) {
  for (int time = 0; time < 2; ++time) {
    write(store, [](BatchBuilder& batch) {
      batch.add(end_of(1));
      const Event of_span{.event_id = record_id(1),
                          .trace_id = trace_id(1),
                          .span_id = span_id(1),
                          .type = {},
                          .name = "retry",
                          .timestamp = at(1500),
                          .source = EventSource::span,
                          .attributes = {}};
      batch.add(span_of(1, 1, 1000), std::span(&of_span, 1));
      batch.add(Event{.event_id = record_id(2),
                      .trace_id = trace_id(1),
                      .span_id = {},
                      .type = "milestone",
                      .name = "reached",
                      .timestamp = at(1600),
                      .attributes = {}});
      batch.add(Event{.event_id = record_id(3),
                      .trace_id = {},
                      .span_id = {},
                      .type = "milestone",
                      .name = "reached",
                      .timestamp = at(1700),
                      .attributes = {}});
      batch.add(Metric{.metric_id = record_id(4),
                       .trace_id = trace_id(1),
                       .span_id = {},
                       .name = "cost",
                       .unit = {},
                       .timestamp = at(1800),
                       .attributes = {},
                       .distribution = {}});
      batch.add(Metric{.metric_id = record_id(5),
                       .trace_id = {},
                       .span_id = {},
                       .name = "cost",
                       .unit = {},
                       .timestamp = at(1900),
                       .attributes = {},
                       .distribution = {}});
      batch.add(GraphDefinition{.hash = "h1", .graph_id = "etl", .version = "1", .content = {}});
    });
  }
  checks.equal("traces", ids(store.query_traces({})), "T1");
  checks.equal("spans", ids(store.query_spans({})), "S1");
  checks.equal("events", ids(store.query_events({})), "R3 R2 R1");
  checks.equal("metrics", ids(store.query_metrics({})), "R5 R4");
  checks.equal("graphs", ids(store.query_graphs({})), "h1");
}

void one_span_id_in_two_traces_is_two_spans(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    batch.add(span_of(1, 1, 1000));
    batch.add(span_of(2, 1, 2000));
  });
  checks.equal("both", ids(store.query_spans({})), "S1 S1");
  checks.equal("that of the first", text(store.query_spans({.trace_id = trace_id(1)})),
               "T1 S1<S7 handle SERVER completed 1000..1100 \"\" \"\" {}\n");
}

void spans_without_any_trace_are_kept(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) { batch.add(span_of(1, 1, 1000)); });
  checks.equal("the span", ids(store.query_spans({.trace_id = trace_id(1)})), "S1");
  checks.equal("no trace is shown", ids(store.query_traces({})), "");
  checks.equal("not by its id either", ids(store.query_traces({.trace_id = trace_id(1)})), "");
  write(store, [](BatchBuilder& batch) { batch.add(end_of(1)); });
  checks.equal("until it comes", text(store.query_traces({.trace_id = trace_id(1)})), ended);
}

void a_local_root_implies_a_trace(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    batch.add(end_of(2));
    add_local_root(batch, span_of(1, 1, 2000, SpanStatus::failed));
  });
  const std::string implied = "T1 handle failed 2000..2100 {} root=S1 graph= partial\n";
  checks.equal("by its id", text(store.query_traces({.trace_id = trace_id(1)})), implied);
  checks.equal("newest first among real ones", ids(store.query_traces({})), "T1 T2");
  checks.equal("by name", ids(store.query_traces({.name = "handle"})), "T1");
  checks.equal("by status", ids(store.query_traces({.status = TraceStatus::failed})), "T1");
  checks.equal("by time", ids(store.query_traces({.start_time = {.from = at(2000)}})), "T1");
  checks.equal("up to the limit", ids(store.query_traces({.limit = 1})), "T1 (truncated)");
  checks.equal("the span is an ordinary one", ids(store.query_spans({})), "S1");
}

void a_real_trace_hides_the_implied_one(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) { add_local_root(batch, span_of(1, 1, 2000)); });
  write(store, [](BatchBuilder& batch) { batch.add(start_of(1)); });
  checks.equal("a start is enough", text(store.query_traces({})), started);
  write(store, [](BatchBuilder& batch) { add_local_root(batch, span_of(1, 2, 500, SpanStatus::failed)); });
  checks.equal("also for a later local root", text(store.query_traces({})), started);
  checks.equal("by the hidden name", ids(store.query_traces({.name = "handle"})), "");
}

void several_local_roots_imply_one_trace(Store& store, Checks& checks) {
  const std::string expected = "T1 handle cancelled 1000..2100 {} root=S1 graph= partial\n";
  write(store, [](BatchBuilder& batch) { add_local_root(batch, span_of(1, 2, 2000)); });
  write(store, [](BatchBuilder& batch) {
    add_local_root(batch, span_of(1, 3, 1000, SpanStatus::failed));
    add_local_root(batch, span_of(1, 1, 1000, SpanStatus::cancelled));
  });
  checks.equal("the earliest names it, it lasts as long as all", text(store.query_traces({})), expected);
  write(store, [](BatchBuilder& batch) {
    add_local_root(batch, span_of(1, 1, 1000, SpanStatus::cancelled));
    add_local_root(batch, span_of(1, 2, 2000));
    add_local_root(batch, span_of(1, 3, 1000, SpanStatus::failed));
  });
  checks.equal("in any order, and again", text(store.query_traces({})), expected);
}

// "T1=shop S2=bank", as the query gives them.
std::string services(const Page<Trace>& page) {
  std::string out;
  for (const Trace& trace : page) out += (out.empty() ? "" : " ") + trace.name + "=" + trace.service;
  return out;
}
std::string services(const std::vector<Span>& spans) {
  std::string out;
  for (const Span& span : spans) out += (out.empty() ? "" : " ") + span.name + "=" + span.service;
  return out;
}

void rows_say_which_service_recorded_them(Store& store, Checks& checks) {
  const auto span = [](std::uint64_t id, const std::string& name, std::int64_t start) {
    Span made = span_of(1, id, start);
    made.name = name;
    made.service = "not looked at";
    return made;
  };
  write_as(store, "shop", [&](BatchBuilder& batch) {
    batch.add(start_of(1));
    batch.add(span(1, "call", 1000));
  });
  write_as(store, "bank \"& söhne\"", [&](BatchBuilder& batch) { batch.add(span(2, "serve", 2000)); });
  write_as(store, "", [&](BatchBuilder& batch) { batch.add(span(3, "log", 3000)); });
  const std::string newest_first = "log= serve=bank \"& söhne\" call=shop";
  checks.equal("spans", services(store.query_spans({}).rows), newest_first);
  checks.equal("spans of a trace, without attributes",
               services(store.query_spans({.trace_id = trace_id(1), .with_attributes = false}).rows), newest_first);
  checks.equal("spans behind a cursor",
               services(store.query_spans({.cursor = store.query_spans({.limit = 2}).cursor}).rows), "call=shop");
  std::vector<Span> each;
  store.each_span({}, [&](const Span& visited) {
    each.push_back(visited);
    return true;
  });
  std::sort(each.begin(), each.end(), [](const Span& a, const Span& b) { return a.start_time > b.start_time; });
  checks.equal("each span", services(each), newest_first);
  checks.equal("a trace", services(store.query_traces({})), "checkout=shop");
}

void a_trace_is_of_the_service_whose_record_it_has(Store& store, Checks& checks) {
  write_as(store, "late", [](BatchBuilder& batch) { add_local_root(batch, span_of(1, 1, 2000)); });
  checks.equal("known from a span", services(store.query_traces({})), "handle=late");
  write_as(store, "early", [](BatchBuilder& batch) { add_local_root(batch, span_of(1, 2, 1000)); });
  write_as(store, "later", [](BatchBuilder& batch) { add_local_root(batch, span_of(1, 3, 3000)); });
  checks.equal("the earliest names it", services(store.query_traces({.trace_id = trace_id(1)})), "handle=early");
  write_as(store, "starts", [](BatchBuilder& batch) { batch.add(start_of(1)); });
  checks.equal("its own record", services(store.query_traces({.with_attributes = false})), "checkout=starts");
  write_as(store, "ends", [](BatchBuilder& batch) { batch.add(end_of(1)); });
  write_as(store, "starts", [](BatchBuilder& batch) { batch.add(start_of(1)); });
  checks.equal("its end", services(store.query_traces({})), "checkout=ends");
}

void an_empty_batch_changes_nothing(Store& store, Checks& checks) {
  write(store, [](BatchBuilder&) {});
  checks.equal("traces", ids(store.query_traces({})), "");
}

}  // namespace

std::vector<ContractCase> merge_cases() {
  return {{"a_start_then_its_end_is_one_trace", a_start_then_its_end_is_one_trace},
          {"an_end_before_its_start_is_one_trace", an_end_before_its_start_is_one_trace},
          {"start_and_end_in_one_batch_are_one_trace", start_and_end_in_one_batch_are_one_trace},
          {"a_start_sent_again_after_the_end_changes_nothing", a_start_sent_again_after_the_end_changes_nothing},
          {"the_first_of_two_ends_wins", the_first_of_two_ends_wins},
          {"a_batch_written_twice_is_there_once", a_batch_written_twice_is_there_once},
          {"one_span_id_in_two_traces_is_two_spans", one_span_id_in_two_traces_is_two_spans},
          {"spans_without_any_trace_are_kept", spans_without_any_trace_are_kept},
          {"a_local_root_implies_a_trace", a_local_root_implies_a_trace},
          {"a_real_trace_hides_the_implied_one", a_real_trace_hides_the_implied_one},
          {"several_local_roots_imply_one_trace", several_local_roots_imply_one_trace},
          {"rows_say_which_service_recorded_them", rows_say_which_service_recorded_them},
          {"a_trace_is_of_the_service_whose_record_it_has", a_trace_is_of_the_service_whose_record_it_has},
          {"an_empty_batch_changes_nothing", an_empty_batch_changes_nothing}};
}

}  // namespace spark::testing
