// Each set_status and record_error added its texts to the record, which grew without bound.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

TEST(RepeatedStatus, keeps_the_record_small_and_the_last_texts) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s", {.attributes = {{"before", 1}}});
    span.add_event("moment", {{"n", 2}});
    for (int i = 0; i < 10'000; ++i) {
      span.set_status(SpanStatus::cancelled, "attempt " + std::to_string(i));
      span.record_error("Type" + std::to_string(i), std::string(static_cast<std::size_t>(i % 50), 'x'));
      span.set_status(SpanStatus::failed, "a literal");
    }
    span.record_error("Last", "the last of " + std::to_string(10'000));
    span.set_attribute("after", true);
  }
  const Span span = telemetry.log().span("s");
  EXPECT_EQ(span.status, SpanStatus::failed);
  EXPECT_EQ(span.status_message, "the last of 10000");
  EXPECT_EQ(span.error_type, "Last");
  EXPECT_EQ(span.attributes, (Object{{"after", true}, {"before", 1}}));
  EXPECT_EQ(telemetry.log().span_event("moment").attributes, (Object{{"n", 2}}));
  EXPECT_EQ(telemetry.manager.stats().records_spilled, 0U);
}

TEST(RepeatedStatus, without_a_message_removes_the_one_before) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.set_status(SpanStatus::failed, std::string("wrong"));
    span.set_attribute("a", 1);
    span.set_status(SpanStatus::completed);
  }
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::completed);
  EXPECT_EQ(telemetry.log().span("s").status_message, "");
  EXPECT_EQ(telemetry.log().span("s").attributes, (Object{{"a", 1}}));
}

TEST(RepeatedStatus, is_replaced_in_a_moved_and_in_a_large_span_too) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.record_error("First", "first");
    ActiveSpan moved = std::move(span);
    moved.set_attribute("list", Value(Array{1, 2}));
    moved.record_error("Second", "second");
    moved.set_attribute("large", std::string(2'000, 'x'));
    for (int i = 0; i < 1'000; ++i) moved.set_status(SpanStatus::failed, "message " + std::to_string(i));
  }
  const Span span = telemetry.log().span("s");
  EXPECT_EQ(span.status_message, "message 999");
  EXPECT_EQ(span.error_type, "Second");
  EXPECT_EQ(span.attributes, (Object{{"large", std::string(2'000, 'x')}, {"list", Array{1, 2}}}));
  EXPECT_LT(telemetry.unflushed_log().batch_bytes().at(0), 20'000U);
}

}  // namespace
}  // namespace spark
