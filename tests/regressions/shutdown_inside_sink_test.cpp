// A shutdown from inside a sink dropped what was queued behind the batch being written.
#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

TEST(ShutdownInsideSink, leaves_the_sink_to_export_what_is_queued) {
  const auto log = std::make_shared<fakes::SinkLog>();
  std::promise<void> is_writing, others_are_recorded, has_returned;
  TelemetryManager* manager = nullptr;
  bool is_first = true;
  log->on_write = [&](const Batch&) {
    if (!is_first) return;
    is_first = false;
    is_writing.set_value();
    others_are_recorded.get_future().wait();
    const FlushResult result = manager->shutdown(fakes::patience);
    EXPECT_FALSE(result.complete()) << "it cannot have waited for itself";
    has_returned.set_value();
  };
  fakes::TestManager telemetry({.buffer_size = 1}, {log});
  manager = &telemetry.manager;
  telemetry.manager.record_event({.name = "first"});
  is_writing.get_future().wait();
  for (int i = 0; i < 10; ++i) telemetry.manager.record_event({.name = "behind it"});
  others_are_recorded.set_value();
  has_returned.get_future().wait();
  ASSERT_TRUE(log->wait_for_records(11));
  EXPECT_EQ(telemetry.manager.stats()[RecordKind::event].admitted, 11U);
  EXPECT_EQ(telemetry.manager.stats().dropped(), 0U);
}

}  // namespace
}  // namespace spark
