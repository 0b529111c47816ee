// Metadata was redacted by the constructor: a redactor that asked for the manager waited for itself, and one that threw
// made the constructor throw.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

TelemetryConfig with(Redactor redactor) {
  return {.metadata = {{"token", "secret"}, {"version", "1"}},
          .redactor = std::make_shared<const Redactor>(std::move(redactor))};
}

class RedactedMetadata : public ::testing::Test {
 protected:
  void SetUp() override { TelemetryManager::reset_instance(); }
  void TearDown() override { TelemetryManager::reset_instance(); }
};

TEST_F(RedactedMetadata, by_one_that_asks_for_the_manager_that_is_being_configured) {
  std::atomic<TelemetryManager*> asked = nullptr;
  TelemetryManager& manager = TelemetryManager::configure(with([&](RedactedField field) {
    if (field.path != "token") return;
    asked = &TelemetryManager::get_instance();
    (void)asked.load()->stats();
    field.value = "***";
  }));
  manager.start_trace("t").end();
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  EXPECT_EQ(asked.load(), &manager);
  const Page<Trace> traces = manager.query_traces();
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces[0].attributes, (Object{{"token", "***"}, {"version", "1"}}));
}

TEST_F(RedactedMetadata, leaves_out_what_the_redactor_throws_for) {
  std::unique_ptr<fakes::TestManager> telemetry;
  ASSERT_NO_THROW(telemetry = std::make_unique<fakes::TestManager>(with([](RedactedField field) {
                    if (field.path == "token") throw std::runtime_error("no");
                  })));
  telemetry->manager.start_trace("t").end();
  EXPECT_EQ(telemetry->log().trace_end("t").attributes, (Object{{"version", "1"}}));
  EXPECT_EQ(telemetry->log().resource().value().metadata, (Object{{"version", "1"}}));
}

}  // namespace
}  // namespace spark
