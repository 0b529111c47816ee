#include "spark/telemetry/stats.h"

#include <gtest/gtest.h>

#include <string>

namespace spark {
namespace {

TEST(StatsNames, of_every_kind_and_reason) {
  const std::string_view kinds[] = {"trace_start", "trace_end", "span", "event", "metric", "graph", "self_metric"};
  static_assert(std::size(kinds) == record_kinds);
  for (std::size_t i = 0; i < record_kinds; ++i) EXPECT_EQ(to_string(static_cast<RecordKind>(i)), kinds[i]);
  const std::string_view reasons[] = {"ring_full",  "shut_down", "out_of_memory", "redactor", "invalid",   "queue_full",
                                      "sink_error", "deadline",  "forked",        "rejected", "spool_full"};
  static_assert(std::size(reasons) == drop_reasons);
  for (std::size_t i = 0; i < drop_reasons; ++i) EXPECT_EQ(to_string(static_cast<DropReason>(i)), reasons[i]);
  EXPECT_EQ(to_string(static_cast<RecordKind>(99)), "unknown");
  EXPECT_EQ(to_string(static_cast<DropReason>(99)), "unknown");
}

// Every term has another value, so that a term left out or counted twice shows.
Stats balanced_stats() {
  Stats stats;
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    FrontRow& front = stats.front[kind];
    front.sampled_out = 1;
    front.dropped = {2, 4, 8, 16, 32, 64, 128, 256};
    front.in_rings = 512;
    front.admitted = 1024;
    front.recorded = 2047;
  }
  stats.sinks.resize(2);
  for (SinkStats& sink : stats.sinks) {
    for (SinkRow& row : sink.rows) {
      row.exported = 1;
      row.dropped = {2, 4, 8, 16, 32, 64, 128, 256};
      row.queued = 512;
      row.in_flight = 1024;
      row.spooled = 2048;
      row.admitted = 3;
      row.recovered = 4092;
    }
  }
  return stats;
}

TEST(Stats, an_empty_ledger_balances) {
  EXPECT_TRUE(Stats{}.balanced());
  EXPECT_EQ(Stats{}.dropped(), 0U);
}

TEST(Stats, balances_when_every_term_is_counted_once) { EXPECT_TRUE(balanced_stats().balanced()); }

TEST(Stats, one_record_too_many_in_any_term_of_any_kind_does_not_balance) {
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    for (const auto term : {&FrontRow::recorded, &FrontRow::sampled_out, &FrontRow::in_rings, &FrontRow::admitted}) {
      Stats stats = balanced_stats();
      ++(stats.front[kind].*term);
      EXPECT_FALSE(stats.balanced()) << "front, kind " << kind;
    }
    for (const auto term : {&SinkRow::admitted, &SinkRow::recovered, &SinkRow::exported, &SinkRow::queued,
                            &SinkRow::in_flight, &SinkRow::spooled}) {
      Stats stats = balanced_stats();
      ++(stats.sinks[1].rows[kind].*term);
      EXPECT_FALSE(stats.balanced()) << "sink, kind " << kind;
    }
    for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
      Stats front = balanced_stats();
      ++front.front[kind].dropped[reason];
      EXPECT_FALSE(front.balanced()) << "kind " << kind << ", reason " << reason;
      Stats sink = balanced_stats();
      ++sink.sinks[0].rows[kind].dropped[reason];
      EXPECT_FALSE(sink.balanced()) << "kind " << kind << ", reason " << reason;
    }
  }
}

TEST(Stats, dropped_sums_front_and_sinks) {
  EXPECT_EQ(sum(Drops{1, 2, 3, 4, 5, 6, 7, 8}), 36U);
  // 510 in each row: seven kinds, at the front and in two sinks.
  EXPECT_EQ(balanced_stats().dropped(), 510U * 7 * 3);
}

TEST(Stats, rows_are_found_by_kind) {
  Stats stats;
  stats.front[2].recorded = 5;
  EXPECT_EQ(stats[RecordKind::span].recorded, 5U);
}

}  // namespace
}  // namespace spark
