#include "telemetry/ring.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "spark/base/random.h"

namespace spark::detail {
namespace {

// A record with a number and as many copies of it as its size allows.
struct Record {
  explicit Record(std::uint64_t number, std::uint32_t size = 64) : words(size / 8, number) {
    const RecordHead head{.size_bytes = size, .kind = RecordKind::span, .flags = 0, .value_bytes = number};
    std::memcpy(words.data(), &head, sizeof head);
  }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(words.size() * 8); }

  std::vector<std::uint64_t> words;
};

bool push(Ring& ring, const Record& record, bool is_priority = false) {
  std::byte* const place = ring.reserve(record.size(), is_priority);
  if (place == nullptr) return false;
  std::memcpy(place, record.words.data(), record.size());
  ring.publish(record.size());
  return true;
}

// The number of a record, or -1 if its bytes are not what was pushed.
std::int64_t number_of(const std::byte* record) {
  RecordHead head;
  std::memcpy(&head, record, sizeof head);
  const Record expected(head.value_bytes, head.size_bytes);
  return std::memcmp(record, expected.words.data(), head.size_bytes) == 0 ? static_cast<std::int64_t>(head.value_bytes)
                                                                          : -1;
}

std::vector<std::int64_t> drain(Ring& ring, std::uint64_t limit = ~0ULL) {
  std::vector<std::int64_t> numbers;
  const std::uint64_t visited =
      ring.drain(limit, [&](const std::byte* record) { numbers.push_back(number_of(record)); });
  EXPECT_EQ(visited, numbers.size());
  return numbers;
}

TEST(RingBudget, ordinary_takers_leave_a_sixteenth_for_priority) {
  RingBudget budget(1600);
  EXPECT_FALSE(budget.take(1501));
  EXPECT_TRUE(budget.take(1500));
  EXPECT_FALSE(budget.take(1));
  EXPECT_TRUE(budget.take_reserved(100));
  EXPECT_FALSE(budget.take_reserved(1));
  EXPECT_EQ(budget.used(), 1600U);
  budget.give_back(1600);
  EXPECT_EQ(budget.used(), 0U);
}

TEST(RingBudget, a_request_larger_than_everything_is_refused) {
  RingBudget budget(1600);
  EXPECT_FALSE(budget.take(~std::size_t{0}));
  EXPECT_FALSE(budget.take_reserved(~std::size_t{0}));
  EXPECT_EQ(budget.used(), 0U);
}

TEST(Ring, gives_records_back_in_order_and_once) {
  RingBudget budget(1 << 20);
  Ring ring(budget, 4096);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_TRUE(push(ring, Record(i)));
  EXPECT_EQ(ring.unread(), 10U);
  EXPECT_EQ(drain(ring, 4), (std::vector<std::int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(ring.unread(), 6U);
  EXPECT_EQ(drain(ring), (std::vector<std::int64_t>{4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(drain(ring), (std::vector<std::int64_t>{}));
  EXPECT_EQ(ring.unread(), 0U);
}

TEST(Ring, records_of_any_size_go_around_the_end) {
  constexpr std::uint64_t seed = 3;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RingBudget budget(4352);  // 16/17 of it is one ring: it cannot grow
  Ring ring(budget, 4096);
  ASSERT_TRUE(ring.valid());
  Random random(seed);
  std::uint64_t pushed = 0;
  std::int64_t expected = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto size = static_cast<std::uint32_t>(16 + 8 * (random.next() % 50));
    if (push(ring, Record(pushed, size))) ++pushed;
    if (random.next() % 4 != 0) continue;
    for (const std::int64_t number : drain(ring, random.next() % 8)) ASSERT_EQ(number, expected++);
  }
  for (const std::int64_t number : drain(ring)) ASSERT_EQ(number, expected++);
  EXPECT_EQ(static_cast<std::uint64_t>(expected), pushed);
  EXPECT_GT(pushed, 1000U);
  EXPECT_EQ(budget.used(), 4096U);
}

TEST(Ring, grows_while_the_budget_allows_and_gives_memory_back_when_drained) {
  RingBudget budget(128 << 10);
  Ring ring(budget, 4096);
  EXPECT_EQ(budget.used(), 4096U);
  std::uint64_t pushed = 0;
  while (push(ring, Record(pushed))) ++pushed;
  EXPECT_GT(budget.used(), 64U << 10);
  EXPECT_LE(budget.used(), 120U << 10);
  const auto numbers = drain(ring);
  ASSERT_EQ(numbers.size(), pushed);
  for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], static_cast<std::int64_t>(i));

  // With nothing unread, a ring that was large for a while comes back to the first size.
  for (std::uint64_t i = 0; i < 300'000; ++i) {
    ASSERT_TRUE(push(ring, Record(i)));
    drain(ring);
  }
  EXPECT_EQ(budget.used(), 4096U);
}

TEST(Ring, a_full_one_still_takes_a_priority_record) {
  RingBudget budget(4352);
  Ring ring(budget, 4096);
  std::uint64_t pushed = 0;
  while (push(ring, Record(pushed))) ++pushed;
  EXPECT_FALSE(push(ring, Record(100)));
  EXPECT_TRUE(push(ring, Record(100), true));
  EXPECT_FALSE(push(ring, Record(101)));
  while (push(ring, Record(102), true)) ++pushed;
  EXPECT_EQ(ring.unread(), pushed + 1);
  EXPECT_EQ(ring.unread(), 4096U / 64);
  EXPECT_EQ(drain(ring).size(), 64U);
}

TEST(Ring, one_that_gets_no_memory_is_not_valid) {
  RingBudget budget(4095);
  const Ring ring(budget, 4096);
  EXPECT_FALSE(ring.valid());
  EXPECT_EQ(budget.used(), 0U);
}

TEST(Ring, gives_its_memory_back_when_it_ends) {
  RingBudget budget(1 << 20);
  {
    Ring ring(budget, 4096);
    for (std::uint64_t i = 0; i < 1000; ++i) push(ring, Record(i));
    EXPECT_GT(budget.used(), 4096U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(Ring, crossed_says_once_that_buffer_size_records_are_unread) {
  RingBudget budget(1 << 20);
  Ring ring(budget, 4096);
  std::vector<int> crossings;
  for (int i = 1; i <= 10; ++i) {
    push(ring, Record(0));
    if (ring.crossed(4)) crossings.push_back(i);
  }
  // Again after as many more, in case the first call found the drainer awake but past this ring.
  EXPECT_EQ(crossings, (std::vector<int>{4, 8}));
  drain(ring);
  crossings.clear();
  for (int i = 1; i <= 7; ++i) {
    push(ring, Record(0));
    if (ring.crossed(4)) crossings.push_back(i);
  }
  ASSERT_FALSE(crossings.empty());
  EXPECT_LE(crossings[0], 6);
}

TEST(Ring, a_producer_and_a_consumer_at_once_lose_and_change_nothing) {
  RingBudget budget(64 << 10);
  Ring ring(budget, 4096);
  constexpr std::uint64_t records = 200'000;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < records;) {
      if (push(ring, Record(i, static_cast<std::uint32_t>(24 + 8 * (i % 40))))) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::int64_t expected = 0;
  std::uint64_t wrong = 0;
  while (static_cast<std::uint64_t>(expected) < records) {
    const std::uint64_t visited = ring.drain(1000, [&](const std::byte* record) {
      if (number_of(record) != expected++) ++wrong;
    });
    if (visited == 0) std::this_thread::yield();
  }
  producer.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(ring.unread(), 0U);
}

}  // namespace
}  // namespace spark::detail
