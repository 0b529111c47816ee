// Traces that no span stands for, and those that one does: within a batch, between batches, and when a batch is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "backends/otlp/root_spans.h"
#include "backends/records.h"
#include "otlp/encoders.h"
#include "otlp/otlp_text.h"

namespace spark {
namespace {

using testing::Encoders;
using testing::make_span;
using testing::make_trace;
using testing::parts;
using testing::trace_id;

// Trace T1 as it ends, with the root span id that it has.
Trace ended_trace() {
  Trace trace = make_trace(1, "document_workflow", 0, 30, {{"user", "alice"}});
  trace.root_span_id = root_span_id(trace.trace_id);
  return trace;
}
// The span that stands for T1.
Span root_span() {
  Span span = make_span(2, "document_workflow", 0, 30);
  span.span_id = root_span_id(span.trace_id);
  return span;
}

const Trace trace = ended_trace();
const Span root = root_span();

TEST(OtlpTraces, a_trace_that_no_span_claimed_is_sent_at_its_end_as_one_internal_span) {
  Encoders encoders;
  EXPECT_EQ(encoders.send([](BatchBuilder& b) { b.add(make_trace(1, "document_workflow", 0, std::nullopt)); }).traces,
            "");
  const auto encoded = encoders.send([](BatchBuilder& b) { b.add(trace); });
  EXPECT_EQ(parts(encoded.traces, "spans"),
            "trace_id=019469538a0070000000000000000001 span_id=" + root.span_id.to_string() +
                " name=\"document_workflow\" kind=1 start_time_unix_nano=1736935200000000000 "
                "end_time_unix_nano=1736935200030000000 attributes{user=\"alice\"} attributes{spark.record=\"trace\"} "
                "flags=257\n");
  EXPECT_EQ(encoded.logs, "");
}

TEST(OtlpTraces, its_status_and_graph_travel_with_it) {
  Trace failed = trace;
  failed.status = TraceStatus::failed;
  failed.graph_hash = "abc";
  EXPECT_NE(Encoders()
                .send([&](BatchBuilder& b) { b.add(failed); })
                .traces.find(
                    "attributes{spark.record=\"trace\"} attributes{spark.graph.hash=\"abc\"} status{code=2} flags=257"),
            std::string::npos);
  failed.status = TraceStatus::cancelled;
  EXPECT_NE(
      Encoders()
          .send([&](BatchBuilder& b) { b.add(failed); })
          .traces.find(
              "attributes{spark.graph.hash=\"abc\"} attributes{spark.status=\"cancelled\"} status{code=2} flags=257"),
      std::string::npos);
}

TEST(OtlpTraces, a_claimed_trace_is_a_log_record_beside_its_root_span) {
  const auto encoded = Encoders().send([](BatchBuilder& b) {
    b.add(trace);  // the order within a batch does not matter
    b.add(root);
  });
  EXPECT_EQ(encoded.requests.items, (std::array<std::uint64_t, 3>{1, 0, 1}));
  EXPECT_EQ(parts(encoded.logs, "log_records"),
            "time_unix_nano=1736935200030000000 body={user=\"alice\"} "
            "attributes{spark.trace.name=\"document_workflow\"} "
            "attributes{spark.trace.start_time_unix_nano=1736935200000000000} attributes{spark.status=\"completed\"} "
            "flags=1 trace_id=019469538a0070000000000000000001 span_id=" +
                root.span_id.to_string() + " observed_time_unix_nano=1736935200030000000 event_name=\"spark.trace\"\n");
}

TEST(OtlpTraces, a_root_span_claims_its_trace_in_a_later_batch_too) {
  Encoders encoders;
  EXPECT_EQ(encoders.send([](BatchBuilder& b) { b.add(root); }).requests.items[0], 1U);
  const auto end = encoders.send([](BatchBuilder& b) { b.add(trace); });
  EXPECT_EQ(end.requests.items, (std::array<std::uint64_t, 3>{0, 0, 1}));
  // And only once: what is over is not remembered.
  EXPECT_EQ(encoders.send([](BatchBuilder& b) { b.add(trace); }).requests.items[0], 1U);
}

TEST(OtlpTraces, a_root_span_whose_batch_was_lost_claims_nothing) {
  Encoders encoders;
  EXPECT_EQ(encoders.encode([](BatchBuilder& b) { b.add(root); }).requests.items[0], 1U);
  EXPECT_EQ(encoders.send([](BatchBuilder& b) { b.add(trace); }).requests.items,
            (std::array<std::uint64_t, 3>{1, 0, 0}));
}

TEST(OtlpTraces, an_end_whose_batch_was_lost_is_claimed_again_by_the_next_try) {
  Encoders encoders;
  (void)encoders.send([](BatchBuilder& b) { b.add(root); });
  const auto end = testing::make_batch([](BatchBuilder& b) { b.add(trace); });
  const auto first = encoders.encode(*end), second = encoders.encode(*end);
  EXPECT_EQ(first.requests.items, (std::array<std::uint64_t, 3>{0, 0, 1}));
  EXPECT_EQ(first.requests.bodies, second.requests.bodies);
}

TEST(OtlpTraces, a_child_or_another_traces_root_claims_nothing) {
  Span child = make_span(5, "child", 0, 1);
  child.parent_span_id = root.span_id;
  Span others_root = root;
  others_root.trace_id = trace_id(2);
  const auto encoded = Encoders().send([&](BatchBuilder& b) {
    b.add(child);
    b.add(others_root);
    b.add(trace);
  });
  EXPECT_EQ(encoded.requests.items, (std::array<std::uint64_t, 3>{3, 0, 0}));
}

TEST(OtlpTraces, an_imported_trace_is_claimed_by_the_root_span_that_it_names) {
  Trace imported = trace;
  imported.root_span_id = testing::span_id(9);
  const auto encoded = Encoders().send([&](BatchBuilder& b) {
    b.add(make_span(9, "their root", 0, 30));
    b.add(imported);
  });
  EXPECT_EQ(encoded.requests.items, (std::array<std::uint64_t, 3>{1, 0, 1}));
}

TEST(OtlpTraces, root_spans_beyond_the_bound_are_forgotten_oldest_first_and_counted) {
  constexpr std::size_t bound = detail::otlp::RootSpans::max_remembered;
  const auto root_of = [](std::uint64_t number) {
    Span span = make_span(1, "r", 0, 1);
    span.trace_id = trace_id(number);
    span.span_id = root_span_id(span.trace_id);
    return span;
  };
  const auto end_of = [](std::uint64_t number) { return make_trace(number, "t", 0, 1); };
  detail::otlp::Encoder encoder({});
  constexpr std::uint64_t batch_size = 8'192;
  for (std::uint64_t first = 1; first <= bound + 1; first += batch_size) {
    const std::uint64_t end = std::min<std::uint64_t>(first + batch_size, bound + 2);
    (void)encoder.encode(*testing::make_batch([&](BatchBuilder& b) {
      for (std::uint64_t i = first; i < end; ++i) b.add(root_of(i));
    }));
    encoder.commit();
  }
  EXPECT_EQ(encoder.root_spans_forgotten(), bound / 2);
  const auto ends = encoder.encode(*testing::make_batch([&](BatchBuilder& b) {
    b.add(end_of(1));          // forgotten
    b.add(end_of(bound));      // not
    b.add(end_of(bound + 1));  // neither
  }));
  EXPECT_EQ(ends.items, (std::array<std::uint64_t, 3>{1, 0, 2}));
}

}  // namespace
}  // namespace spark
