// So many spans a second, each with a number of its own by which it is found again, and what must be in the database of
// them: each once.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "postgresql/server.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {

// Records from a thread of its own until it is stopped. The manager must live as long.
class Load {
 public:
  Load(TelemetryManager& manager, int spans_per_second)
      : manager_(manager),
        tick_(std::chrono::nanoseconds(std::chrono::seconds(1)) * spans_per_tick / spans_per_second),
        thread_([this] { run(); }) {}
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { stop(); }

  // How many spans there were.
  std::uint64_t stop() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
    return spans_;
  }
  [[nodiscard]] std::uint64_t spans() const noexcept { return spans_; }

 private:
  static constexpr int spans_per_tick = 50;

  void run() {
    const std::string text(400, 'x');
    auto next = std::chrono::steady_clock::now();
    while (!is_over_) {
      const ActiveTrace trace = manager_.start_trace("load");
      for (int i = 0; i < spans_per_tick; ++i) {
        manager_.start_span("step", trace.trace_id, {.attributes = {{"n", spans_.load()}, {"text", text}}}).end();
        ++spans_;
      }
      // Never faster, also where the machine had no time for us: that would be another load.
      next = std::max(next + tick_, std::chrono::steady_clock::now());
      std::this_thread::sleep_until(next);
    }
  }

  TelemetryManager& manager_;
  const std::chrono::nanoseconds tick_;
  std::atomic<bool> is_over_{false};
  std::atomic<std::uint64_t> spans_{0};
  std::thread thread_;
};

[[nodiscard]] inline SinkRow spans_of_sink(const TelemetryManager& manager) {
  return manager.stats().sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
}

// Returns when nothing is left in the spool.
inline void wait_for_delivery(const TelemetryManager& manager) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (spans_of_sink(manager).spooled > 0) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << manager.stats().sinks.at(0).last_error;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

inline void expect_each_once(const std::string& uri, std::uint64_t spans) {
  const std::string count = std::to_string(spans);
  EXPECT_EQ(value_of(uri, "SELECT count(*) FROM spans"), count);
  EXPECT_EQ(value_of(uri, "SELECT count(DISTINCT attributes ->> 'n') FROM spans"), count);
  EXPECT_EQ(value_of(uri, "SELECT count(*) FROM traces WHERE status = 'completed'"), std::to_string((spans + 49) / 50));
  EXPECT_EQ(value_of(uri, "SELECT count(*) FROM dead_letters"), "0");
}

// Its ledger says the same.
inline void expect_ledger(const TelemetryManager& manager, std::uint64_t spans) {
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  const Drops none{};
  EXPECT_EQ(stats[RecordKind::span].dropped, none);
  EXPECT_EQ(spans_of_sink(manager).dropped, none);
  EXPECT_EQ(stats.dropped(), 0U) << stats.sinks.at(0).last_error;
  EXPECT_EQ(spans_of_sink(manager).exported, spans);
}

}  // namespace spark::testing
