// What the nodes of a run share: its state, and a node's cache.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "graph/node_cache.h"
#include "spark/graph/condition.h"
#include "spark/graph/run_state.h"

namespace spark {
namespace {

constexpr int threads = 4;
constexpr int rounds = 2'000;

void run_in_threads(const std::function<void(int thread)>& function) {
  std::vector<std::jthread> running;
  for (int thread = 0; thread < threads; ++thread) running.emplace_back([&function, thread] { function(thread); });
}

TEST(RunState, loses_no_update) {
  RunState state;
  run_in_threads([&](int thread) {
    const std::string own = "own_" + std::to_string(thread);
    for (int round = 0; round < rounds; ++round) {
      state.update("shared", [](Value old) { return Value(old.is_null() ? 1 : old.as_int() + 1); });
      state.set(own, round);
    }
  });
  EXPECT_EQ(state.get("shared"), Value(threads * rounds));
  EXPECT_EQ(state.snapshot().size(), 1U + threads);
}

TEST(RunState, shows_all_of_it_at_one_moment) {
  RunState state;
  state.set("pair", Array{0, 0});
  std::atomic<int> torn{0};
  run_in_threads([&](int thread) {
    for (int round = 0; round < rounds; ++round) {
      if (thread == 0) {
        state.update("pair", [](Value old) {
          const std::int64_t next = old.as_array()[0].as_int() + 1;
          return Value(Array{next, next});
        });
      } else {
        const Object seen = state.snapshot();
        const Array& pair = seen.at("pair").as_array();
        if (pair[0] != pair[1]) ++torn;
      }
    }
  });
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(state.get("pair"), Value(Array{rounds, rounds}));
}

TEST(NodeCache, gives_each_input_its_own_outputs_and_counts_every_call) {
  constexpr int keys = 50;
  detail::NodeCache cache(CachePolicy{.max_entries = keys / 2, .time_to_live = Seconds(1)});
  std::atomic<std::int64_t> wrong{0};
  std::atomic<std::uint64_t> found{0};
  run_in_threads([&](int thread) {
    for (int round = 0; round < rounds; ++round) {
      const int key = (round * 7 + thread * 13) % keys;
      const Object inputs{{"key", key}};
      const std::chrono::nanoseconds now = std::chrono::milliseconds(round);
      if (const auto outputs = cache.find(inputs, now)) {
        ++found;
        if (outputs->at("key") != Value(key)) ++wrong;
      } else {
        cache.store(inputs, {{"key", key}}, now);
      }
    }
  });
  EXPECT_EQ(wrong, 0);
  const detail::NodeCacheStats stats = cache.stats();
  EXPECT_EQ(stats.hits, found);
  EXPECT_EQ(stats.hits + stats.misses, std::uint64_t{threads} * rounds);
  EXPECT_LE(stats.entries, std::size_t{keys / 2});
}

TEST(Condition, is_shared_by_threads) {
  const Condition condition = output("n") >= 3 && !output("kind").matches("x*");
  std::atomic<int> held{0};
  run_in_threads([&](int thread) {
    for (int round = 0; round < rounds; ++round) {
      const Condition copy = condition;
      if (copy.holds({{"n", thread}, {"kind", "y"}})) ++held;
    }
  });
  EXPECT_EQ(held, (threads - 3) * rounds);
}

}  // namespace
}  // namespace spark
