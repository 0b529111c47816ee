// What is the memory store's own: its bound, and what goes first to keep it.
#include "spark/backends/memory.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "backends/records.h"
#include "spark/base/error.h"
#include "spark/telemetry/config.h"

namespace spark::testing {
namespace {

// A trace with one span, event and metric, of about 10 KB.
void write_trace(Store& store, std::uint64_t id, std::int64_t start, bool ended) {
  write(store, [&](BatchBuilder& batch) {
    Trace trace{.trace_id = trace_id(id),
                .name = "t",
                .start_time = at(start),
                .end_time = {},
                .attributes = {},
                .root_span_id = {},
                .graph_hash = {}};
    if (ended) {
      trace.end_time = at(start + 1);
      trace.status = TraceStatus::completed;
    }
    batch.add(trace);
    batch.add(Span{.span_id = span_id(id),
                   .trace_id = trace_id(id),
                   .parent_span_id = {},
                   .name = "s",
                   .start_time = at(start),
                   .end_time = at(start),
                   .status_message = {},
                   .error_type = {},
                   .attributes = {{"payload", std::string(8'000, 'x')}}});
    batch.add(Event{.event_id = record_id(id),
                    .trace_id = trace_id(id),
                    .span_id = {},
                    .type = "x",
                    .name = "e",
                    .timestamp = at(start),
                    .attributes = {}});
    batch.add(Metric{.metric_id = record_id(id),
                     .trace_id = trace_id(id),
                     .span_id = {},
                     .name = "m",
                     .unit = {},
                     .timestamp = at(start),
                     .attributes = {},
                     .distribution = {}});
  });
}

void write_loose_metric(Store& store, std::uint64_t id, std::int64_t time) {
  write(store, [&](BatchBuilder& batch) {
    batch.add(Metric{.metric_id = record_id(id),
                     .trace_id = {},
                     .span_id = {},
                     .name = "m",
                     .unit = {},
                     .timestamp = at(time),
                     .attributes = {{"payload", std::string(8'000, 'x')}},
                     .distribution = {}});
  });
}

constexpr std::size_t room_for_three = 35'000;

TEST(MemoryStore, keeps_everything_that_fits) {
  MemoryStore store({.size_bytes = room_for_three});
  for (const std::uint64_t id : {1, 2, 3}) write_trace(store, id, static_cast<std::int64_t>(id), true);
  EXPECT_EQ(ids(store.query_traces({})), "T3 T2 T1");
  EXPECT_EQ(store.evictions(), MemoryStore::Evictions{});
}

TEST(MemoryStore, evicts_the_oldest_ended_trace_with_all_that_belongs_to_it) {
  MemoryStore store({.size_bytes = room_for_three});
  write_trace(store, 1, 30, true);
  write_trace(store, 2, 10, true);  // the oldest, though not the first written
  write_trace(store, 3, 20, true);
  write_trace(store, 4, 40, true);
  EXPECT_EQ(ids(store.query_traces({})), "T4 T1 T3");
  EXPECT_EQ(ids(store.query_spans({})), "S4 S1 S3");
  EXPECT_EQ(ids(store.query_events({})), "R4 R1 R3");
  EXPECT_EQ(ids(store.query_metrics({})), "R4 R1 R3");
  EXPECT_EQ(store.evictions(), (MemoryStore::Evictions{.ended_traces = 1}));
}

TEST(MemoryStore, evicts_ended_traces_before_older_running_ones) {
  MemoryStore store({.size_bytes = room_for_three});
  write_trace(store, 1, 10, false);
  write_trace(store, 2, 20, true);
  write_trace(store, 3, 30, false);
  write_trace(store, 4, 40, false);
  EXPECT_EQ(ids(store.query_traces({})), "T4 T3 T1");
  EXPECT_EQ(store.evictions(), (MemoryStore::Evictions{.ended_traces = 1}));
}

TEST(MemoryStore, evicts_the_oldest_of_running_traces_and_loose_records_when_none_has_ended) {
  MemoryStore store({.size_bytes = room_for_three});
  write_loose_metric(store, 1, 15);
  write_trace(store, 2, 10, false);
  write_loose_metric(store, 3, 20);
  write_trace(store, 4, 40, false);
  EXPECT_EQ(ids(store.query_traces({})), "T4");
  EXPECT_EQ(ids(store.query_metrics({.trace_id = TraceId{}})), "R3 R1");
  write_trace(store, 5, 50, false);
  EXPECT_EQ(ids(store.query_metrics({.trace_id = TraceId{}})), "R3");
  EXPECT_EQ(store.evictions(), (MemoryStore::Evictions{.running_traces = 1, .loose_records = 1}));
}

TEST(MemoryStore, a_trace_that_ended_moves_among_those_that_go_first) {
  MemoryStore store({.size_bytes = room_for_three});
  write_trace(store, 1, 10, true);
  write_trace(store, 2, 5, false);
  write_trace(store, 2, 5, true);
  write_trace(store, 3, 30, true);
  write_trace(store, 4, 40, true);
  EXPECT_EQ(ids(store.query_traces({})), "T4 T3 T1");
}

TEST(MemoryStore, its_estimate_returns_to_what_it_was) {
  MemoryStore store({.size_bytes = room_for_three});
  for (std::uint64_t id = 1; id <= 3; ++id) write_trace(store, id, 10, true);
  const std::size_t full = store.size_bytes();
  for (std::uint64_t id = 4; id <= 100; ++id) write_trace(store, id, static_cast<std::int64_t>(id), true);
  EXPECT_EQ(store.size_bytes(), full);
  EXPECT_EQ(store.evictions(), (MemoryStore::Evictions{.ended_traces = 97}));
  EXPECT_GT(full, 3 * 8'000U);
}

TEST(MemoryStore, duplicates_cost_nothing) {
  MemoryStore store;
  write_trace(store, 1, 10, true);
  write_loose_metric(store, 2, 10);
  const std::size_t once = store.size_bytes();
  write_trace(store, 1, 10, true);
  write_loose_metric(store, 2, 10);
  EXPECT_EQ(store.size_bytes(), once);
}

TEST(MemoryStore, even_one_batch_too_large_for_the_bound_leaves_it_kept) {
  MemoryStore store({.size_bytes = 1'000});
  write_trace(store, 1, 10, true);
  EXPECT_EQ(ids(store.query_spans({})), "");
  EXPECT_LE(store.size_bytes(), 1'000U);
}

TEST(MemoryStore, has_a_time_limit_that_queries_may_change) {
  MemoryStore store({.query_time_limit = Seconds{1e-9}});
  write_trace(store, 1, 10, true);
  const auto code_of = [](const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return std::string(to_string(error.code()));
    }
    return std::string("none");
  };
  EXPECT_EQ(code_of([&] { static_cast<void>(store.query_spans({})); }), "timeout");
  EXPECT_EQ(code_of([&] { static_cast<void>(store.query_graphs({})); }), "timeout");
  EXPECT_EQ(code_of([&] { store.each_span({}, [](const Span&) { return true; }); }), "timeout");
  EXPECT_EQ(ids(store.query_spans({.time_limit = Seconds{60}})), "S1");
  EXPECT_EQ(code_of([] { MemoryStore({.query_time_limit = Seconds{0}}); }), "invalid_argument");
}

TEST(MemoryStore, is_made_by_its_factory_with_the_configured_bound) {
  TelemetryConfig config;
  config.memory_store_bytes = 1'000;
  const std::unique_ptr<Sink> sink(spark_make_memory_sink(config));
  EXPECT_EQ(sink->name(), "memory");
  auto& store = dynamic_cast<MemoryStore&>(*sink);
  write_trace(store, 1, 10, true);
  EXPECT_EQ(store.evictions(), (MemoryStore::Evictions{.ended_traces = 1}));
}

}  // namespace
}  // namespace spark::testing
