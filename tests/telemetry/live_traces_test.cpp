#include "telemetry/live_traces.h"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <utility>

#include "telemetry/record_writer.h"

namespace spark::detail {
namespace {

// A record that owns a Value, as a trace with a nested attribute does.
OwnedRecord record_with_value(const Value& value) {
  RecordImage image;
  CutCounters counters;
  const Limits limits;
  RecordWriter writer(image, limits, counters);
  writer.begin<TraceHead>(RecordKind::trace_start);
  writer.attribute("key", value);
  OwnedRecord result = OwnedRecord::copy_of(image.bytes(), image.used);
  release(image);
  return result;
}

// The Value that such a record owns.
Value value_in(OwnedRecord& record) {
  RecordReader reader(record.bytes(), record.size_bytes(), sizeof(TraceHead));
  Entry entry{};
  EXPECT_TRUE(reader.next(entry));
  EXPECT_EQ(entry.payload, Payload::value);
  return *entry.value;
}

std::optional<bool> is_sampled(const LiveTraces& traces, TraceId id) {
  const auto facts = traces.find(id);
  return facts ? std::optional(facts->is_sampled) : std::nullopt;
}

TEST(LiveTraces, knows_whether_a_trace_is_sampled_until_it_is_removed) {
  LiveTraces traces(10);
  EXPECT_TRUE(traces.add({1, 1}, {.is_sampled = true}, {}));
  EXPECT_TRUE(traces.add({1, 2}, {.is_sampled = false}, {}));
  EXPECT_EQ(is_sampled(traces, {1, 1}), true);
  EXPECT_EQ(is_sampled(traces, {1, 2}), false);
  EXPECT_EQ(is_sampled(traces, {1, 3}), std::nullopt);
  const auto ended = traces.remove({1, 2});
  ASSERT_TRUE(ended.has_value());
  EXPECT_FALSE(ended->is_sampled);
  EXPECT_TRUE(ended->end.empty());
  EXPECT_EQ(is_sampled(traces, {1, 2}), std::nullopt);
  EXPECT_FALSE(traces.remove({1, 2}).has_value());
  EXPECT_FALSE(traces.remove({1, 3}).has_value());
}

TEST(LiveTraces, gives_the_end_back_with_values_of_its_own) {
  LiveTraces traces(10);
  const Value value = Array{1, "two", Object{{"three", 3}}};
  traces.add({1, 1}, {.is_sampled = true}, record_with_value(value));
  auto ended = traces.remove({1, 1});
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(value_in(ended->end), value);
}

TEST(LiveTraces, forgets_the_one_that_started_first_when_there_are_too_many) {
  LiveTraces traces(3);
  for (std::uint64_t i = 1; i <= 3; ++i) traces.add({1, i}, {.is_sampled = true}, record_with_value(Array{i}));
  EXPECT_TRUE(traces.remove({1, 1}).has_value());
  traces.add({1, 4}, {.is_sampled = true}, {});
  EXPECT_EQ(traces.evicted(), 0U);
  traces.add({1, 5}, {.is_sampled = true}, {});
  EXPECT_EQ(traces.evicted(), 1U);
  EXPECT_EQ(is_sampled(traces, {1, 2}), std::nullopt);
  EXPECT_EQ(is_sampled(traces, {1, 3}), true);
  EXPECT_EQ(is_sampled(traces, {1, 5}), true);
}

TEST(LiveTraces, a_second_trace_with_the_same_id_does_not_replace_the_first) {
  LiveTraces traces(10);
  EXPECT_TRUE(traces.add({1, 1}, {.is_sampled = true}, {}));
  EXPECT_FALSE(traces.add({1, 1}, {.is_sampled = false}, record_with_value(Array{1})));
  EXPECT_EQ(is_sampled(traces, {1, 1}), true);
  EXPECT_TRUE(traces.remove({1, 1}).has_value());
  EXPECT_FALSE(traces.remove({1, 1}).has_value());
}

TEST(LiveTraces, forgets_records_but_not_that_there_are_traces) {
  LiveTraces traces(10);
  traces.add({1, 1}, {.is_sampled = true}, record_with_value(Array{1}));
  traces.forget_records();
  EXPECT_EQ(traces.evicted(), 0U);
  const std::optional<LiveTraces::Ended> ended = traces.remove({1, 1});
  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(ended->is_sampled);
  EXPECT_TRUE(ended->end.empty());
  EXPECT_FALSE(traces.remove({1, 1}).has_value());
}

TEST(OwnedRecord, moves_and_lets_its_values_go_to_somebody_else) {
  OwnedRecord record = record_with_value(Array{1, 2});
  OwnedRecord moved = std::move(record);
  EXPECT_TRUE(record.empty());
  EXPECT_EQ(value_in(moved), Value(Array{1, 2}));
  // Whoever disowns has to free.
  RecordReader reader(moved.bytes(), moved.size_bytes(), sizeof(TraceHead));
  Entry entry{};
  ASSERT_TRUE(reader.next(entry));
  moved.disown_values();
  delete entry.value;
  EXPECT_FALSE(moved.empty());
}

TEST(LiveTraces, that_are_remote_stay_until_the_last_has_left) {
  LiveTraces traces(10);
  EXPECT_TRUE(traces.join({1, 1}, true));
  EXPECT_TRUE(traces.join({1, 1}, false));
  traces.leave({1, 1});
  EXPECT_EQ(is_sampled(traces, {1, 1}), true) << "the first decision holds";
  traces.leave({1, 1});
  EXPECT_EQ(is_sampled(traces, {1, 1}), std::nullopt);
}

TEST(LiveTraces, of_this_process_are_not_joined_nor_evicted_for_it) {
  LiveTraces traces(2);
  traces.add({1, 1}, {.is_sampled = true}, record_with_value(Array{1}));
  traces.add({1, 2}, {.is_sampled = true}, {});
  EXPECT_FALSE(traces.join({1, 1}, false));
  EXPECT_EQ(traces.evicted(), 0U);
  const auto ended = traces.remove({1, 1});
  ASSERT_TRUE(ended.has_value());
  EXPECT_FALSE(ended->end.empty());
}

}  // namespace
}  // namespace spark::detail
