// How a span says that what it stands for failed.
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

// A type of ours, so that its name in records is known.
struct OrderRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST(SpanFailure, an_exception_that_leaves_the_scope_ends_the_span_failed) {
  TestManager telemetry;
  try {
    const ActiveSpan span = telemetry.manager.start_span("s");
    throw std::runtime_error("away");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::failed);
  EXPECT_EQ(telemetry.log().span("s").error_type, "");
  EXPECT_EQ(TelemetryContext::current(), TelemetryContext());
}

TEST(SpanFailure, a_status_that_was_set_outlasts_an_exception) {
  TestManager telemetry;
  try {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.set_status(SpanStatus::cancelled, "no longer wanted");
    throw std::runtime_error("away");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::cancelled);
  EXPECT_EQ(telemetry.log().span("s").status_message, "no longer wanted");
}

TEST(SpanFailure, a_span_that_lives_while_an_exception_unwinds_is_not_failed_by_it) {
  TestManager telemetry;
  struct Cleanup {
    TelemetryManager& manager;
    ~Cleanup() { const ActiveSpan span = manager.start_span("cleanup"); }
  };
  try {
    const Cleanup cleanup{telemetry.manager};
    throw std::runtime_error("away");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(telemetry.log().span("cleanup").status, SpanStatus::completed);
}

TEST(SpanFailure, an_exception_that_was_caught_inside_does_not_fail_the_span) {
  TestManager telemetry;
  {
    const ActiveSpan span = telemetry.manager.start_span("s");
    try {
      throw std::runtime_error("caught");
    } catch (const std::runtime_error&) {
    }
  }
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::completed);
}

TEST(SpanFailure, the_last_status_wins) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    span.set_status(SpanStatus::failed, "first");
    span.set_status(SpanStatus::cancelled, "second");
  }
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::cancelled);
  EXPECT_EQ(telemetry.log().span("s").status_message, "second");
}

TEST(SpanFailure, record_exception_keeps_the_dynamic_type_and_the_message) {
  TestManager telemetry;
  {
    ActiveSpan span = telemetry.manager.start_span("s");
    const OrderRefused refused("out of stock");
    const std::exception& base = refused;
    span.record_exception(base);
  }
  const Span span = telemetry.log().span("s");
  EXPECT_EQ(span.status, SpanStatus::failed);
  EXPECT_EQ(span.error_type, "spark::(anonymous namespace)::OrderRefused");
  EXPECT_EQ(span.status_message, "out of stock");
}

TEST(SpanFailure, record_exception_takes_pointers_to_anything_thrown) {
  TestManager telemetry;
  telemetry.manager.start_span("standard").record_exception(std::make_exception_ptr(std::out_of_range("far")));
  telemetry.manager.start_span("number").record_exception(std::make_exception_ptr(42));
  telemetry.manager.start_span("nothing").record_exception(std::exception_ptr());
  EXPECT_EQ(telemetry.log().span("standard").error_type, "std::out_of_range");
  EXPECT_EQ(telemetry.log().span("standard").status_message, "far");
  EXPECT_EQ(telemetry.log().span("number").status, SpanStatus::failed);
  EXPECT_EQ(telemetry.log().span("number").error_type, "int");
  EXPECT_EQ(telemetry.log().span("number").status_message, "an exception that is not a std::exception");
  EXPECT_EQ(telemetry.log().span("nothing").status, SpanStatus::completed);
}

TEST(SpanFailure, record_error_takes_a_type_of_one_s_own) {
  TestManager telemetry;
  const std::string type = "http." + std::to_string(503);
  telemetry.manager.start_span("s").record_error(type, "the service is busy");
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::failed);
  EXPECT_EQ(telemetry.log().span("s").error_type, "http.503");
  EXPECT_EQ(telemetry.log().span("s").status_message, "the service is busy");
}

TEST(SpanFailure, in_span_gives_back_what_the_function_returns) {
  TestManager telemetry;
  const int rows = telemetry.manager.in_span("s", {.attributes = {{"a", 1}}}, [](ActiveSpan& span) {
    span.set_attribute("b", 2);
    return 7;
  });
  EXPECT_EQ(rows, 7);
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::completed);
  EXPECT_EQ(telemetry.log().span("s").attributes, (Object{{"a", 1}, {"b", 2}}));
}

TEST(SpanFailure, in_span_records_an_exception_and_lets_it_pass_unchanged) {
  TestManager telemetry;
  try {
    telemetry.manager.in_span("s", {}, [](ActiveSpan&) { throw OrderRefused("out of stock"); });
    FAIL() << "the exception did not pass";
  } catch (const OrderRefused& refused) {
    EXPECT_STREQ(refused.what(), "out of stock");
  }
  EXPECT_EQ(telemetry.log().span("s").status, SpanStatus::failed);
  EXPECT_EQ(telemetry.log().span("s").error_type, "spark::(anonymous namespace)::OrderRefused");
  EXPECT_EQ(telemetry.log().span("s").status_message, "out of stock");
  EXPECT_THROW(telemetry.manager.in_span("t", {}, [](ActiveSpan&) { throw 1; }), int);
  EXPECT_EQ(telemetry.log().span("t").error_type, "int");
}

TEST(SpanFailure, in_span_on_a_manager_that_records_nothing_still_runs_the_function) {
  TelemetryManager manager(TelemetryConfig::create_noop());
  EXPECT_EQ(manager.in_span("s", {}, [](ActiveSpan& span) { return span.is_recording(); }), false);
  EXPECT_THROW(manager.in_span("s", {}, [](ActiveSpan&) { throw OrderRefused("x"); }), OrderRefused);
}

}  // namespace
}  // namespace spark
