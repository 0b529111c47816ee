// The server is stopped at once, as by a power cut of its machine, for half a minute under load: nothing is lost,
// nothing is there twice, and what waits meanwhile lies on the disk and not in memory.
#include <malloc.h>

#include <algorithm>
#include <cstdio>

#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "postgresql/fixture.h"
#include "postgresql_campaigns/load.h"

#ifdef __SANITIZE_ADDRESS__
// Of sanitizer/allocator_interface.h, which g++ does not install.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using PostgresqlStop = PostgresqlTest;

// What the process has allocated and not freed; its resident memory would count what an allocator keeps for itself.
std::size_t allocated_bytes() {
#ifdef __SANITIZE_ADDRESS__
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

TEST_F(PostgresqlStop, a_server_stopped_under_load_loses_nothing_and_memory_stays_bounded) {
  constexpr std::size_t rings = 16 << 20, queue = 16 << 20;
  // A batch encoded, one read back, SQLite's cache.
  constexpr std::size_t for_the_spool = 24 << 20;
  const TemporaryDirectory directory;
  TelemetryManager manager(
      TelemetryConfig::create_postgresql(uri_, {.export_interval = 0.2s,
                                                .reliable = {.initial_backoff = 20ms,
                                                             .max_backoff = 1s,
                                                             .probe_interval = 1s,
                                                             .spool_path = directory.file("spool")},
                                                .ring_bytes_total = rings,
                                                .queue_bytes = queue}));
  const std::size_t before = allocated_bytes();
  std::size_t most = before;
  std::uint64_t most_in_spool = 0, most_spooled = 0;
  const auto watch_for = [&](std::chrono::milliseconds time) {
    for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;) {
      most = std::max(most, allocated_bytes());
      const Stats stats = manager.stats();
      most_in_spool = std::max(most_in_spool, stats.sinks.at(0).spool_bytes);
      most_spooled = std::max(most_spooled, spans_of_sink(manager).spooled);
      std::this_thread::sleep_for(5ms);
    }
  };
  Load load(manager, 5'000);
  watch_for(1s);
  const std::uint64_t before_stop = load.spans();
  server().stop(PostgresServer::Stop::immediate);
  watch_for(std::chrono::seconds(campaign_count(3, 30)));
  const std::uint64_t in_stop = load.spans() - before_stop;
  server().start();
  watch_for(1s);
  const std::uint64_t spans = load.stop();
  EXPECT_TRUE(manager.flush(120s).complete());
  wait_for_delivery(manager);
  most = std::max(most, allocated_bytes());

  expect_ledger(manager, spans);
  expect_each_once(uri_, spans);
  EXPECT_GT(most_spooled, in_stop / 2) << "what was recorded meanwhile was in the spool";
  EXPECT_LT(most - before, rings + queue + for_the_spool);
  std::printf(
      "%llu spans, %llu of them without a server; at most %llu spans and %llu bytes in the spool, %zu bytes more "
      "allocated\n",
      static_cast<unsigned long long>(spans), static_cast<unsigned long long>(in_stop),
      static_cast<unsigned long long>(most_spooled), static_cast<unsigned long long>(most_in_spool), most - before);
}

}  // namespace
}  // namespace spark::testing
