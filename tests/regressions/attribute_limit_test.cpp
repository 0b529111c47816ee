// Where a record had as many attributes as it may, a new value of a key that was there already was dropped.
#include <gtest/gtest.h>

#include <string>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

TEST(AttributeLimit, leaves_the_last_value_of_a_key) {
  fakes::TestManager telemetry({.limits = {.attributes_per_record = 8}});
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    for (int i = 0; i < 8; ++i) span.set_attribute("k" + std::to_string(i), i);
    span.set_attribute("k5", "updated");
    span.set_attribute("k6", Value(Array{1, 2}));
    span.set_attribute("k6", 66);
    span.set_attribute("one too many", true);
  }
  const Span span = telemetry.log().span("s");
  EXPECT_EQ(span.attributes.size(), 8U);
  EXPECT_EQ(span.attributes.at("k5"), Value("updated"));
  EXPECT_EQ(span.attributes.at("k6"), Value(66));
  EXPECT_EQ(telemetry.manager.stats().attributes_dropped, 1U);
}

TEST(AttributeLimit, an_error_type_goes_when_the_status_is_no_longer_failed) {
  fakes::TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.record_error("Refused", "no");
    span.set_status(SpanStatus::completed);
  }
  EXPECT_EQ(telemetry.log().span("s").error_type, "");
}

}  // namespace
}  // namespace spark
