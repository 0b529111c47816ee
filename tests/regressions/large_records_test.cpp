// A few large records filled the memory for records long before buffer_size of them were there, so the exporter slept
// on and later records were dropped.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

TEST(LargeRecords, wake_the_exporter_before_they_fill_the_memory) {
  const auto log = std::make_shared<fakes::SinkLog>(false);
  fakes::TestManager telemetry({.buffer_size = 1'000'000,
                                .export_interval = Seconds{86'400},
                                .limits = {.string_bytes = 1 << 20},
                                .ring_bytes_total = 1 << 20},
                               {log});
  const std::string text(200'000, 'x');
  // Two may wait; a third is more than half of the memory. Many times, since the exporter may just be going to sleep.
  for (std::uint64_t recorded = 1; recorded <= 300; ++recorded) {
    telemetry.manager.record_event({.name = "large", .attributes = {{"text", text}}});
    const std::uint64_t through = recorded > 2 ? recorded - 2 : 0;
    ASSERT_TRUE(log->wait_for_records(through)) << recorded << " were recorded";
  }
  EXPECT_EQ(telemetry.manager.stats().records_spilled, 300U);
  EXPECT_EQ(telemetry.manager.stats().dropped(), 0U);
}

}  // namespace
}  // namespace spark
