// What a store makes of requests: a trace for spans of others, and nothing twice.
#include <gtest/gtest.h>

#include <string>

#include "backends/records.h"
#include "ingest/decoded.h"
#include "spark/backends/memory.h"

namespace spark {
namespace {

using detail::otlp::Encoding;
using detail::otlp::Signal;
using testing::OtlpDecoder;
using testing::request_of;

void receive(Store& store, OtlpDecoder& decoder, Signal signal, std::string_view items) {
  const auto decoded = decoder.decode(signal, Encoding::json, request_of(signal, items), 1);
  EXPECT_EQ(decoded.message, "");
  for (const auto& batch : decoded.batches) store.write(*batch);
}
std::string span(std::string_view id, std::string_view parent, int start, int end, std::string_view name) {
  const auto ns = [](int ms) { return std::to_string(testing::at(ms).time_since_epoch().count()); };
  return R"({"traceId":"019469538a0070000000000000000001","spanId":"000000000000000)" + std::string(id) +
         R"(","parentSpanId":")" + std::string(parent) + R"(","name":")" + std::string(name) +
         R"(","startTimeUnixNano":")" + ns(start) + R"(","endTimeUnixNano":")" + ns(end) + "\"}";
}

TEST(ReceivedRecords, spans_of_one_trace_over_many_requests_are_one_trace_named_by_its_root) {
  MemoryStore store;
  OtlpDecoder decoder;
  receive(store, decoder, Signal::traces, span("2", "0000000000000001", 2, 3, "SELECT"));
  receive(store, decoder, Signal::traces, span("3", "0000000000000001", 4, 5, "render"));
  EXPECT_EQ(store.query_traces({}).size(), 0u);
  receive(store, decoder, Signal::traces, span("1", "", 0, 9, "GET /"));
  ASSERT_EQ(store.query_traces({}).size(), 1u);
  EXPECT_EQ(testing::text(store.query_traces({})), "T1 GET / completed 0..9 {} root=S1 graph= partial\n");
  EXPECT_EQ(store.query_spans({.trace_id = testing::trace_id(1)}).size(), 3u);
}

TEST(ReceivedRecords, a_request_that_is_sent_again_changes_nothing) {
  MemoryStore store;
  OtlpDecoder decoder;
  for (int time = 0; time < 2; ++time) {
    receive(store, decoder, Signal::traces, span("1", "", 0, 9, "GET /"));
    receive(store, decoder, Signal::logs,
            R"({"body":{"stringValue":"a"}},{"body":{"stringValue":"a"}},{"timeUnixNano":2})");
    receive(store, decoder, Signal::metrics,
            R"({"name":"c","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[
                {"startTimeUnixNano":1,"timeUnixNano":2,"asInt":5}]}},
               {"name":"g","gauge":{"dataPoints":[{"timeUnixNano":2,"asInt":5},{"timeUnixNano":2,"asInt":5}]}})");
  }
  EXPECT_EQ(store.query_spans({}).size(), 1u);
  EXPECT_EQ(store.query_events({}).size(), 3u);
  EXPECT_EQ(store.query_metrics({.name = "c"}).size(), 1u);
  EXPECT_EQ(store.query_metrics({.name = "g"}).size(), 2u);
}

}  // namespace
}  // namespace spark
