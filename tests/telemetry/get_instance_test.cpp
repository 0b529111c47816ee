// Which manager get_instance() is. Each test starts and ends with nothing configured.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <string>
#include <thread>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::TestManager;

class GetInstance : public testing::Test {
 protected:
  void SetUp() override { reset(); }
  void TearDown() override { reset(); }

  static void reset() {
    TelemetryManager::reset_instance();
    ::unsetenv("SPARK_TELEMETRY");
  }
};

TEST_F(GetInstance, works_in_the_specification_s_order_of_calls) {
  auto& manager = TelemetryManager::get_instance();
  auto trace = manager.start_trace("my_operation", {.attributes = {{"user", "alice"}}});
  {
    auto span = manager.start_span("step1", trace.trace_id);
    span.set_attribute("complexity", "high");
  }
  manager.record_event({.trace_id = trace.trace_id,
                        .event_type = "milestone",
                        .name = "checkpoint_reached",
                        .attributes = {{"checkpoint", "data_loaded"}}});
  manager.record_metric({.name = "cache_hits", .value = 42, .unit = "count", .trace_id = trace.trace_id});
  manager.end_trace(trace.trace_id, TraceStatus::completed);
  EXPECT_TRUE(manager.flush().complete());

  const auto traces = manager.query_traces({.limit = 10, .status = TraceStatus::completed});
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces[0].name, "my_operation");
  EXPECT_EQ(traces[0].attributes, (Object{{"user", "alice"}}));
  const auto spans = manager.query_spans({.trace_id = trace.trace_id, .kind = SpanKind::INTERNAL});
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].attributes, (Object{{"complexity", "high"}}));
  EXPECT_EQ(manager.query_events({.event_type = "milestone"}).front().name, "checkpoint_reached");
  EXPECT_EQ(manager.query_metrics({.name = "cache_hits"}).front().value, 42);
}

TEST_F(GetInstance, is_the_same_one_from_every_thread) {
  TelemetryManager* const mine = &TelemetryManager::get_instance();
  TelemetryManager* other = nullptr;
  std::thread([&] { other = &TelemetryManager::get_instance(); }).join();
  EXPECT_EQ(other, mine);
}

TEST_F(GetInstance, code_beats_a_variable_that_only_graphs_without_a_configuration_have_used) {
  ::setenv("SPARK_TELEMETRY", "memory:", 1);
  TelemetryManager* const by_variable = TelemetryManager::current_or_configured();
  ASSERT_NE(by_variable, nullptr);
  EXPECT_EQ(TelemetryManager::current_or_configured(), by_variable);
  TelemetryManager& configured = TelemetryManager::configure(TelemetryConfig::create_memory({.buffer_size = 7}));
  EXPECT_NE(&configured, by_variable);
  EXPECT_EQ(&TelemetryManager::get_instance(), &configured);
  EXPECT_THROW(TelemetryManager::configure(TelemetryConfig::create_memory({.buffer_size = 8})), Error);
}

TEST_F(GetInstance, once_asked_for_the_variable_s_default_stays) {
  ::setenv("SPARK_TELEMETRY", "memory:", 1);
  TelemetryManager* const by_variable = TelemetryManager::current_or_configured();
  EXPECT_EQ(&TelemetryManager::get_instance(), by_variable);
  EXPECT_THROW(TelemetryManager::configure(TelemetryConfig::create_memory({.buffer_size = 7})), Error);
}

TEST_F(GetInstance, a_variable_that_cannot_be_used_is_said_once_and_not_tried_again) {
  ::setenv("SPARK_TELEMETRY", "carrier-pigeon:", 1);
  testing::internal::CaptureStderr();
  EXPECT_EQ(TelemetryManager::current_or_configured(), nullptr);
  ::setenv("SPARK_TELEMETRY", "memory:", 1);
  EXPECT_EQ(TelemetryManager::current_or_configured(), nullptr);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("spark telemetry is off: "), 0U) << said;
  EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
  TelemetryManager::reset_instance();
  EXPECT_NE(TelemetryManager::current_or_configured(), nullptr);
}

TEST_F(GetInstance, plain_use_configures_memory) {
  EXPECT_EQ(TelemetryManager::current_or_configured(), nullptr);
  EXPECT_EQ(TelemetryManager::get_instance().config(), TelemetryConfig::create_memory());
  EXPECT_EQ(TelemetryManager::current_or_configured(), &TelemetryManager::get_instance());
}

TEST_F(GetInstance, plain_use_obeys_the_environment) {
  ::setenv("SPARK_TELEMETRY", "off", 1);
  EXPECT_EQ(TelemetryManager::get_instance().config().backend, Backend::noop);
}

TEST_F(GetInstance, code_that_configures_first_goes_before_the_environment) {
  ::setenv("SPARK_TELEMETRY", "off", 1);
  TelemetryManager::configure(TelemetryConfig::create_memory());
  EXPECT_EQ(TelemetryManager::get_instance().config().backend, Backend::memory);
}

TEST_F(GetInstance, an_environment_that_cannot_be_used_is_an_error_and_leaves_nothing_configured) {
  ::setenv("SPARK_TELEMETRY", "carrier-pigeon:", 1);
  try {
    (void)TelemetryManager::get_instance();
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  }
  EXPECT_EQ(TelemetryManager::current_or_configured(), nullptr);
  ::unsetenv("SPARK_TELEMETRY");
  EXPECT_EQ(TelemetryManager::get_instance().config().backend, Backend::memory);
}

TEST_F(GetInstance, the_same_configuration_twice_is_the_same_manager) {
  const TelemetryConfig config = TelemetryConfig::create_memory({.metadata = {{"a", 1}}});
  TelemetryManager& first = TelemetryManager::configure(config);
  EXPECT_EQ(&TelemetryManager::configure(config), &first);
  EXPECT_EQ(&TelemetryManager::get_instance(), &first);
}

TEST_F(GetInstance, another_configuration_is_a_conflict) {
  TelemetryManager& first = TelemetryManager::configure(TelemetryConfig::create_memory());
  try {
    TelemetryManager::configure(TelemetryConfig::create_memory({.buffer_size = 7}));
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_NE(std::string(error.what()).find("already configured (backend memory)"), std::string::npos);
  }
  EXPECT_EQ(&TelemetryManager::get_instance(), &first);
  EXPECT_EQ(first.config().buffer_size, 100U);
}

TEST_F(GetInstance, a_configuration_that_is_refused_leaves_nothing_configured) {
  EXPECT_THROW(TelemetryManager::configure({.buffer_size = 0}), Error);
  EXPECT_EQ(TelemetryManager::current_or_configured(), nullptr);
}

TEST_F(GetInstance, for_config_is_the_default_if_there_is_none_yet) {
  TelemetryManager& first = TelemetryManager::for_config(TelemetryConfig::create_memory({.buffer_size = 7}));
  EXPECT_EQ(&TelemetryManager::get_instance(), &first);
}

TEST_F(GetInstance, for_config_shares_a_manager_among_equal_configurations) {
  const TelemetryConfig one = TelemetryConfig::create_memory({.buffer_size = 1});
  const TelemetryConfig two = TelemetryConfig::create_memory({.buffer_size = 2});
  TelemetryManager& first = TelemetryManager::for_config(one);
  TelemetryManager& second = TelemetryManager::for_config(two);
  EXPECT_NE(&first, &second);
  EXPECT_EQ(&TelemetryManager::for_config(one), &first);
  EXPECT_EQ(&TelemetryManager::for_config(two), &second);
  EXPECT_EQ(&TelemetryManager::get_instance(), &first);
  EXPECT_EQ(second.config().buffer_size, 2U);
}

TEST_F(GetInstance, inside_a_span_it_is_the_span_s_manager) {
  TelemetryManager& fallback = TelemetryManager::configure(TelemetryConfig::create_memory());
  TestManager outer, inner;
  {
    const ActiveSpan outer_span = outer.manager.start_span("outer");
    TelemetryManager::get_instance().start_span("manual").end();
    EXPECT_NE(&TelemetryManager::get_instance(), &fallback);
    {
      const ActiveSpan inner_span = inner.manager.start_span("inner");
      TelemetryManager::get_instance().record_event({.name = "innermost"});
    }
    TelemetryManager::get_instance().record_event({.name = "outermost"});
  }
  EXPECT_EQ(&TelemetryManager::get_instance(), &fallback);
  EXPECT_EQ(outer.log().span("manual").parent_span_id, outer.log().span("outer").span_id);
  EXPECT_EQ(inner.log().event("innermost").span_id, inner.log().span("inner").span_id);
  EXPECT_EQ(outer.log().event("outermost").span_id, outer.log().span("outer").span_id);
}

TEST_F(GetInstance, inside_a_trace_s_context_it_is_the_trace_s_manager_also_when_unsampled) {
  TestManager telemetry({.sampling_rate = 0});
  const ActiveTrace trace = telemetry.manager.start_trace("t");
  const ContextScope scope(trace.context());
  TelemetryManager* const manager = TelemetryManager::current_or_configured();
  ASSERT_NE(manager, nullptr);
  EXPECT_EQ(&TelemetryManager::get_instance(), manager);
  EXPECT_EQ(manager->config().sampling_rate, 0);
}

TEST_F(GetInstance, a_span_of_another_manager_does_not_become_a_parent) {
  TestManager outer, inner;
  // With the same seed both would give their first trace the same id.
  (void)inner.manager.start_trace("before");
  const ActiveSpan outer_span = outer.manager.start_span("outer");
  inner.manager.start_span("inner").end();
  EXPECT_NE(inner.log().span("inner").trace_id, outer_span.trace_id());
  EXPECT_EQ(inner.log().span("inner").parent_span_id, SpanId{});
}

TEST_F(GetInstance, reset_ends_the_managers_and_the_next_use_configures_anew) {
  TelemetryManager& first = TelemetryManager::configure(TelemetryConfig::create_memory({.buffer_size = 1}));
  TelemetryManager& own = TelemetryManager::for_config(TelemetryConfig::create_memory({.buffer_size = 2}));
  first.record_event({.name = "before"});
  TelemetryManager::reset_instance();
  EXPECT_EQ(TelemetryManager::current_or_configured(), nullptr);
  // The references stay valid, and what is recorded through them is counted.
  first.record_event({.name = "after"});
  own.record_event({.name = "after"});
  constexpr auto shut_down = static_cast<std::size_t>(DropReason::shut_down);
  EXPECT_EQ(first.stats()[RecordKind::event].dropped[shut_down], 1U);
  EXPECT_EQ(first.stats()[RecordKind::event].admitted, 1U);
  EXPECT_EQ(own.stats()[RecordKind::event].dropped[shut_down], 1U);
  TelemetryManager& second = TelemetryManager::configure(TelemetryConfig::create_memory({.buffer_size = 3}));
  EXPECT_NE(&second, &first);
  EXPECT_EQ(&TelemetryManager::get_instance(), &second);
}

TEST_F(GetInstance, a_backend_that_is_not_linked_is_named) {
  try {
    TelemetryManager::configure(TelemetryConfig::create_postgresql("postgresql://user:hidden@host/db"));
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::component_missing);
    EXPECT_NE(std::string(error.what()).find("spark::postgresql"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("hidden"), std::string::npos);
  }
}

}  // namespace
}  // namespace spark
