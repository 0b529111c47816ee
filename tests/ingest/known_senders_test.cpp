// Which senders a store may have counts of, from one receiver to the next.
#include "ingest/known_senders.h"

#include <gtest/gtest.h>

#include "backends/records.h"
#include "spark/backends/memory.h"

namespace spark {
namespace {

using detail::ingest::KnownSenders;
using detail::ingest::note_import;
using detail::ingest::SendersNotKept;

constexpr std::int64_t long_ago = 1;

RecordId sender(std::uint64_t number) { return RecordId{7, number}; }

std::unordered_set<RecordId> many(std::uint64_t from, std::uint64_t to) {
  std::unordered_set<RecordId> senders;
  for (std::uint64_t i = from; i < to; ++i) senders.insert(sender(i));
  return senders;
}

class KnownSendersTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::int64_t now() const { return clock.wall_now().time_since_epoch().count(); }

  VirtualClock clock;
  MemoryStore store;
  KnownSenders senders{store, clock};
};

TEST_F(KnownSendersTest, a_sender_is_new_to_whom_it_came_first_and_known_to_all_later) {
  EXPECT_TRUE(senders.is_new(sender(1), long_ago));
  senders.remember({sender(1)});
  EXPECT_TRUE(senders.is_new(sender(1), long_ago)) << "another series of it";
  KnownSenders later(store, clock);
  EXPECT_FALSE(later.is_new(sender(1), now()));
  EXPECT_TRUE(later.is_new(sender(2), long_ago));
}

TEST_F(KnownSendersTest, what_another_has_remembered_meanwhile_is_looked_at_before_more_is) {
  KnownSenders other(store, clock);
  EXPECT_TRUE(senders.is_new(sender(1), long_ago));
  EXPECT_TRUE(other.is_new(sender(1), long_ago));
  other.remember({sender(1)});
  EXPECT_THROW(senders.remember({sender(1)}), SendersNotKept);
  EXPECT_FALSE(senders.is_new(sender(1), long_ago));
  senders.remember({sender(1), sender(2)});
  EXPECT_TRUE(senders.is_new(sender(2), long_ago));
  EXPECT_TRUE(other.is_new(sender(1), long_ago));
}

TEST_F(KnownSendersTest, many_of_one_request_take_few_documents) {
  senders.remember(many(0, 10'000));
  EXPECT_EQ(store.list("otlp_senders").size(), 1 + (10'000 + 511) / 512);
  KnownSenders later(store, clock);
  EXPECT_FALSE(later.is_new(sender(0), long_ago));
  EXPECT_FALSE(later.is_new(sender(9'999), long_ago));
  EXPECT_TRUE(later.is_new(sender(10'000), long_ago));
}

TEST_F(KnownSendersTest, where_some_were_forgotten_unknown_ones_are_new_with_later_series_only) {
  constexpr std::uint64_t most = KnownSenders::segments * KnownSenders::senders_per_segment;
  for (std::uint64_t i = 0; i < most; i += KnownSenders::senders_per_segment) {
    senders.remember(many(i, i + KnownSenders::senders_per_segment));
  }
  EXPECT_TRUE(senders.is_new(sender(most), long_ago));
  clock.advance(std::chrono::seconds(1));
  senders.remember({sender(most)});
  EXPECT_EQ(store.list("otlp_senders").size(), 1 + KnownSenders::segments);
  KnownSenders later(store, clock);
  for (KnownSenders* one : {&senders, &later}) {
    EXPECT_FALSE(one->is_new(sender(0), long_ago)) << "forgotten";
    EXPECT_FALSE(one->is_new(sender(most + 1), long_ago)) << "it might be one of those";
    EXPECT_TRUE(one->is_new(sender(most + 1), now()));
  }
  EXPECT_FALSE(later.is_new(sender(most), now()));
  EXPECT_TRUE(senders.is_new(sender(most - 1), long_ago)) << "remembered before anything was forgotten";
}

TEST_F(KnownSendersTest, metrics_that_nobody_has_noted_may_be_anybodys) {
  testing::write(store, [](BatchBuilder& batch) { batch.add(testing::make_metric(1, "load", 4)); });
  EXPECT_FALSE(senders.is_new(sender(1), now() - 1));
  EXPECT_TRUE(senders.is_new(sender(1), now()));
}

TEST_F(KnownSendersTest, imported_metrics_may_be_anybodys) {
  EXPECT_TRUE(senders.is_new(sender(1), long_ago));
  clock.advance(std::chrono::seconds(1));
  note_import(store, clock);
  EXPECT_THROW(senders.remember({sender(1)}), SendersNotKept);
  EXPECT_FALSE(senders.is_new(sender(1), long_ago));
  EXPECT_TRUE(senders.is_new(sender(1), now()));
  MemoryStore another;
  note_import(another, clock);
  EXPECT_EQ(another.list("otlp_senders").size(), 0U) << "the first who asks finds the metrics";
}

}  // namespace
}  // namespace spark
