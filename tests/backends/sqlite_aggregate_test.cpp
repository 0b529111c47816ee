// What only SQLite's aggregates have: rows that are not what was written, an answer cut off by its time limit, and a
// reader that goes on after an error.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "backends/aggregate_tables.h"
#include "backends/raw_database.h"
#include "backends/temporary_directory.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {
namespace {

class SqliteAggregates : public ::testing::Test {
 protected:
  // One reader, so that each query has the one of the query before.
  SqliteAggregates() : store_({.path = directory_.file("telemetry.db"), .readers = 1}) {
    write(store_, [](BatchBuilder& batch) {
      batch.add(make_trace(1, "t", 0, 1, {{"n", 1}}));
      batch.add(make_span(1, "s", 0, 500, {{"n", 2}}));
      Metric metric = make_metric(1, "m", 0);
      metric.distribution = Distribution{.count = 1, .sum = 1, .positive = {.offset = 0, .counts = {1}}};
      batch.add(metric);
    });
  }

  void damage(const std::string& sql) { ASSERT_EQ(RawDatabase(directory_.file("telemetry.db")).run(sql), ""); }
  template <class Query>
  std::string failure(const Query& query, const Aggregation& aggregation) {
    try {
      return text(aggregate(store_, query, aggregation));
    } catch (const Error& error) {
      return std::string(to_string(error.code())) + ": " + error.what();
    }
  }

  const TemporaryDirectory directory_;
  SqliteStore store_;
};

TEST_F(SqliteAggregates, of_attributes_that_are_no_json_are_corrupt) {
  damage("UPDATE spans_data SET attributes = '{\"n\":'");
  EXPECT_THAT(failure(SpanQuery{}, {.by = {group_by_attribute("n")}}), ::testing::HasSubstr("corrupt: "));
  EXPECT_THAT(failure(SpanQuery{}, {.measure = {"n"}}), ::testing::HasSubstr("a row cannot be read"));
  // Where nobody asks for attributes, they are not read.
  EXPECT_EQ(failure(SpanQuery{}, {.by = {group_by_name()}}), "[\"s\"] 1 0 1: 0.5 0.5 0.5..0.5 0.5 0.5 0.5 0.5\n");
}

TEST_F(SqliteAggregates, of_unknown_enumerators_are_corrupt) {
  damage("UPDATE traces_data SET status = 9; UPDATE spans_data SET kind = -1");
  EXPECT_THAT(failure(TraceQuery{}, {.by = {group_by_status()}}), ::testing::HasSubstr("enumerator 9 is unknown"));
  EXPECT_THAT(failure(SpanQuery{}, {.by = {group_by_kind()}}), ::testing::HasSubstr("corrupt: "));
  EXPECT_EQ(failure(SpanQuery{}, {.by = {group_by_status()}}),
            "[\"completed\"] 1 0 1: 0.5 0.5 0.5..0.5 0.5 0.5 0.5 0.5\n");
}

TEST_F(SqliteAggregates, of_distributions_that_are_none_are_corrupt) {
  damage("UPDATE metrics_data SET distribution = '{}'");
  EXPECT_THAT(failure(MetricQuery{}, {}), ::testing::HasSubstr("corrupt: "));
  EXPECT_EQ(failure(MetricQuery{}, {.measure = {"n"}}), "[] 1 0 0\n");
}

TEST_F(SqliteAggregates, are_cut_off_in_the_middle_of_a_scan) {
  for (int batch_number = 0; batch_number < 10; ++batch_number) {
    write(store_, [&](BatchBuilder& batch) {
      for (std::uint64_t i = 0; i < 10'000; ++i) {
        batch.add(make_event(2 + i + static_cast<std::uint64_t>(batch_number) * 10'000, "e", 0, {{"n", i}}));
      }
    });
  }
  const Aggregation by_number{.by = {group_by_attribute("n")}};
  EXPECT_THAT(failure(EventQuery{.time_limit = Seconds{0.002}}, by_number), ::testing::HasSubstr("timeout: "));
  EXPECT_EQ(failure(EventQuery{}, {}), "[] 100000 0 0\n");
}

}  // namespace
}  // namespace spark::testing
