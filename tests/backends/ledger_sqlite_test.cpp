// What the ledger says was exported is what another connection finds in the file.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "backends/raw_database.h"
#include "backends/temporary_directory.h"
#include "fakes/load.h"

namespace spark {
namespace {

using namespace std::chrono_literals;

void expect_exact(const Stats& stats, const fakes::Calls& calls, const std::string& path) {
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats[RecordKind::trace_end].recorded, calls.traces);
  EXPECT_EQ(stats[RecordKind::span].recorded, calls.spans);
  EXPECT_EQ(stats[RecordKind::event].recorded, calls.events);
  EXPECT_EQ(stats[RecordKind::metric].recorded, calls.metrics);
  testing::RawDatabase database(path);
  const auto exported = [&](RecordKind kind) {
    return std::to_string(stats.sinks.at(0).rows[static_cast<std::size_t>(kind)].exported) + "\n";
  };
  EXPECT_EQ(database.run("SELECT count(*) FROM spans"), exported(RecordKind::span));
  EXPECT_EQ(database.run("SELECT count(*) FROM events WHERE source = 'recorded'"), exported(RecordKind::event));
  EXPECT_EQ(database.run("SELECT count(*) FROM metrics"), exported(RecordKind::metric));
  EXPECT_EQ(database.run("SELECT count(*) FROM traces WHERE status <> 'started'"), exported(RecordKind::trace_end));
}

TEST(SqliteLedger, is_exact_after_8_threads_with_100000_spans_each) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.file("ledger.db");
  TelemetryManager manager(TelemetryConfig::create_sqlite(
      path, {.ring_bytes_total = std::size_t{1} << 32, .queue_bytes = std::size_t{1} << 32}));
  const fakes::Calls calls = fakes::put_load_from_threads(manager, 8, 100'000);
  ASSERT_TRUE(manager.flush(10min).complete());
  const Stats stats = manager.stats();
  expect_exact(stats, calls, path);
  EXPECT_EQ(stats.dropped(), 0U);
  testing::RawDatabase database(path);
  EXPECT_EQ(database.run("SELECT count(*) FROM spans"), "800000\n");
  EXPECT_EQ(database.run("SELECT count(*) FROM spans WHERE status = 'failed'"),
            std::to_string(calls.failed_spans) + "\n");
  EXPECT_EQ(database.run("SELECT count(*) FROM events WHERE source = 'span'"),
            std::to_string(calls.span_events) + "\n");
  EXPECT_EQ(database.run("SELECT count(*) FROM traces"), std::to_string(calls.traces) + "\n");
}

TEST(SqliteLedger, is_exact_when_the_rings_are_too_small) {
  const testing::TemporaryDirectory directory;
  const std::string path = directory.file("ledger.db");
  TelemetryManager manager(TelemetryConfig::create_sqlite(
      path, {.ring_bytes = 4096, .ring_bytes_total = 64 << 10, .queue_bytes = std::size_t{1} << 32}));
  const fakes::Calls calls = fakes::put_load_from_threads(manager, 8, 100'000);
  ASSERT_TRUE(manager.flush(10min).complete());
  const Stats stats = manager.stats();
  expect_exact(stats, calls, path);
  EXPECT_GT(stats.dropped(), 0U);
}

}  // namespace
}  // namespace spark
