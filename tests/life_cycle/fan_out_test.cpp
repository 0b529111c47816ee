// One manager, several backends by configuration: each gets everything, and the trouble of one is its own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "backends/raw_database.h"
#include "backends/temporary_directory.h"
#include "fakes/load.h"
#include "fakes/recording_sink.h"

namespace spark {
namespace {

using namespace std::chrono_literals;
using testing::RawDatabase;
using testing::TemporaryDirectory;

const SinkRow& spans_of(const Stats& stats, std::size_t sink) {
  return stats.sinks.at(sink).rows[static_cast<std::size_t>(RecordKind::span)];
}

TEST(FanOut, gives_every_backend_everything_and_counts_for_each) {
  const TemporaryDirectory directory;
  TelemetryManager manager(TelemetryConfig::create_multi(
      {TelemetryConfig::create_sqlite(directory.file("first.db")), TelemetryConfig::create_memory(),
       TelemetryConfig::create_sqlite(directory.file("second.db"), {.durability = Durability::power})}));
  const fakes::Calls calls = fakes::put_load_from_threads(manager, 4, 1'000);
  ASSERT_TRUE(manager.flush(fakes::patience).complete());
  const Stats stats = manager.stats();
  ASSERT_EQ(stats.sinks.size(), 3U);
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats.dropped(), 0U);
  for (std::size_t sink = 0; sink < 3; ++sink) EXPECT_EQ(spans_of(stats, sink).exported, calls.spans);
  const std::string expected = std::to_string(calls.spans) + "|" + std::to_string(calls.traces) + "\n";
  for (const char* file : {"first.db", "second.db"}) {
    RawDatabase raw(directory.file(file));
    EXPECT_EQ(raw.run("SELECT (SELECT count(*) FROM spans), (SELECT count(*) FROM traces)"), expected);
  }
  EXPECT_EQ(manager.query_spans({.limit = 100'000}).size(), calls.spans) << "the first store answers";
}

TEST(FanOut, a_backend_that_waits_holds_up_no_other) {
  const TemporaryDirectory directory;
  const std::string held = directory.file("held.db");
  TelemetryManager manager(TelemetryConfig::create_multi(
      {TelemetryConfig::create_sqlite(held), TelemetryConfig::create_sqlite(directory.file("free.db"))},
      {.buffer_size = 1}));
  const int lock = ::open((held + "-lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  for (int i = 0; i < 100; ++i) manager.start_span("s").end();
  const FlushResult result = manager.flush(2s);
  ASSERT_EQ(result.sinks.size(), 2U);
  EXPECT_FALSE(result.sinks[0].complete);
  EXPECT_EQ(result.sinks[0].name, "sqlite " + held);
  EXPECT_TRUE(result.sinks[1].complete) << result.sinks[1].error;
  EXPECT_EQ(spans_of(manager.stats(), 1).exported, 100U);
  EXPECT_TRUE(manager.stats().balanced());
  ASSERT_EQ(::flock(lock, LOCK_UN), 0);
  ::close(lock);
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  EXPECT_EQ(spans_of(manager.stats(), 0).exported, 100U);
}

TEST(FanOut, to_a_backend_that_cannot_be_opened_is_an_error_and_opens_none) {
  const TemporaryDirectory directory;
  const auto config = TelemetryConfig::create_multi(
      {TelemetryConfig::create_memory(), TelemetryConfig::create_sqlite(directory.file("missing/telemetry.db"))});
  try {
    const TelemetryManager manager(config);
    ADD_FAILURE() << "it was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found) << error.what();
  }
}

}  // namespace
}  // namespace spark
