// What campaigns share: how often, with which seed, and small things about files.
//
// A campaign takes a small count by default and the when SPARK_TEST_FULL is set. Its seed is random, unless
// SPARK_TEST_SEED gives one, and printed with every failure.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "backends/raw_database.h"
#include "spark/base/random.h"

namespace spark::testing {

[[nodiscard]] inline bool is_full_campaign() { return std::getenv("SPARK_TEST_FULL") != nullptr; }
[[nodiscard]] inline int campaign_count(int small, int full) { return is_full_campaign() ? full : small; }

[[nodiscard]] inline std::uint64_t campaign_seed() {
  const char* given = std::getenv("SPARK_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : operating_system_random();
}

// What must hold of every file, whatever happened to it.
inline void expect_sound(const std::string& path) {
  RawDatabase raw(path);
  EXPECT_EQ(raw.run("PRAGMA integrity_check"), "ok\n");
  EXPECT_EQ(raw.run("SELECT count(*) - count(DISTINCT trace_id) FROM trace_ids"), "0\n");
  EXPECT_EQ(raw.run("SELECT count(*) - count(DISTINCT trace || ' ' || span) FROM spans_data"), "0\n");
  EXPECT_EQ(raw.run("SELECT count(*) - count(DISTINCT id_high || ' ' || id_low) FROM events_data"), "0\n");
  EXPECT_EQ(raw.run("SELECT count(*) - count(DISTINCT id_high || ' ' || id_low) FROM metrics_data"), "0\n");
}

}  // namespace spark::testing
