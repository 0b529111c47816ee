// What several threads do with it is in tests/concurrency.
#include "graph/node_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fakes/numbers.h"
#include "spark/base/json.h"

namespace spark::detail {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

using fakes::nan;

TEST(NodeCache, finds_what_was_stored_for_the_same_inputs) {
  NodeCache cache(CachePolicy{});
  EXPECT_EQ(cache.find({{"a", 1}}, nanoseconds(0)), std::nullopt);
  cache.store({{"a", 1}, {"b", "x"}}, {{"sum", 3}}, nanoseconds(0));
  cache.store({}, {{"sum", 0}}, nanoseconds(0));
  Object other_order;
  other_order.set("b", "x");
  other_order.set("a", 1);
  EXPECT_EQ(cache.find(other_order, nanoseconds(0)), (Object{{"sum", 3}}));
  EXPECT_EQ(cache.find({}, nanoseconds(0)), (Object{{"sum", 0}}));
  EXPECT_EQ(cache.find({{"a", 1}}, nanoseconds(0)), std::nullopt);
  cache.store(other_order, {{"sum", 4}}, nanoseconds(0));
  EXPECT_EQ(cache.find({{"a", 1}, {"b", "x"}}, nanoseconds(0)), (Object{{"sum", 4}}));
  EXPECT_EQ(cache.stats(), (NodeCacheStats{.entries = 2, .hits = 3, .misses = 2}));
}

std::vector<Object> different_inputs() {
  const std::vector<Value> values = {nullptr,
                                     true,
                                     false,
                                     0,
                                     0.0,
                                     -0.0,
                                     1,
                                     1.0,
                                     std::numeric_limits<double>::infinity(),
                                     std::numeric_limits<std::int64_t>::min(),
                                     9'223'372'036'854'775'808.0,
                                     "",
                                     "1",
                                     std::string("\0", 1),
                                     std::string("\0\0", 2),
                                     Bytes{},
                                     Bytes{{49}},
                                     Array{},
                                     Array{1},
                                     Array{1.0},
                                     Array{Array{}, Array{}},
                                     Array{Array{Array{}}},
                                     Array{"ab", "c"},
                                     Array{"a", "bc"},
                                     Object{},
                                     Object{{"", nullptr}},
                                     Object{{"a", 1}},
                                     Object{{"a", 1.0}}};
  std::vector<Object> inputs = {{}, {{"", nullptr}}, {{std::string("v\0", 2), nullptr}}};
  for (const Value& value : values) inputs.push_back({{"v", value}});
  return inputs;
}

// With a hash that tells nothing apart, only comparison does.
TEST(NodeCache, tells_all_inputs_apart_even_if_their_hashes_collide) {
  const auto one_hash = [](const Object&) noexcept { return std::optional<std::uint64_t>(7); };
  const std::vector<Object> inputs = different_inputs();
  for (const NodeCache::Hash hash : {NodeCache::Hash(one_hash), NodeCache::Hash(cache_hash)}) {
    NodeCache cache(CachePolicy{}, hash);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(cache.find(inputs[i], nanoseconds(0)), std::nullopt) << to_json(inputs[i]);
      cache.store(inputs[i], {{"index", i}}, nanoseconds(0));
    }
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(cache.find(inputs[i], nanoseconds(0)), (Object{{"index", i}})) << to_json(inputs[i]);
    }
    EXPECT_EQ(cache.stats().entries, inputs.size());
  }
}

TEST(CacheHash, differs_for_different_inputs) {
  const std::vector<Object> inputs = different_inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (std::size_t j = 0; j < inputs.size(); ++j) {
      EXPECT_EQ(cache_hash(inputs[i]) == cache_hash(inputs[j]), i == j) << to_json(inputs[i]) << to_json(inputs[j]);
    }
  }
}

TEST(NodeCache, never_keeps_nan) {
  NodeCache cache(CachePolicy{});
  const std::vector<Object> inputs = {{{"v", nan}}, {{"v", Array{1, nan}}}, {{"v", Object{{"w", nan}}}}};
  for (const Object& with_nan : inputs) {
    cache.store(with_nan, {}, nanoseconds(0));
    EXPECT_EQ(cache.find(with_nan, nanoseconds(0)), std::nullopt);
  }
  EXPECT_FALSE(are_identical(inputs[0], inputs[0]));
  EXPECT_EQ(cache.stats(), (NodeCacheStats{.misses = 3, .unusable = 3}));
}

Object nested(int depth) {
  Object object;
  for (int i = 1; i < depth; ++i) {
    Object outer;
    outer.set("v", std::move(object));
    object = std::move(outer);
  }
  return object;
}

TEST(NodeCache, never_keeps_what_is_too_deep) {
  NodeCache cache(CachePolicy{});
  cache.store(nested(max_cached_depth), {{"kept", true}}, nanoseconds(0));
  EXPECT_EQ(cache.find(nested(max_cached_depth), nanoseconds(0)), (Object{{"kept", true}}));
  for (const int depth : {max_cached_depth + 1, 200'000}) {
    const Object inputs = nested(depth);
    cache.store(inputs, {{"kept", true}}, nanoseconds(0));
    EXPECT_EQ(cache.find(inputs, nanoseconds(0)), std::nullopt) << depth;
  }
  EXPECT_EQ(cache.stats(), (NodeCacheStats{.entries = 1, .hits = 1, .misses = 2, .unusable = 2}));
}

TEST(NodeCache, drops_the_least_recently_used) {
  NodeCache cache(CachePolicy{.max_entries = 2});
  const auto has = [&](int key) { return cache.find({{"key", key}}, nanoseconds(0)).has_value(); };
  cache.store({{"key", 1}}, {}, nanoseconds(0));
  cache.store({{"key", 2}}, {}, nanoseconds(0));
  EXPECT_TRUE(has(1));
  cache.store({{"key", 3}}, {}, nanoseconds(0));
  EXPECT_FALSE(has(2));
  EXPECT_TRUE(has(3));
  EXPECT_TRUE(has(1));
  // To store again is to use.
  cache.store({{"key", 3}}, {}, nanoseconds(0));
  cache.store({{"key", 4}}, {}, nanoseconds(0));
  EXPECT_FALSE(has(1));
  EXPECT_TRUE(has(3));
  EXPECT_EQ(cache.stats(), (NodeCacheStats{.entries = 2, .hits = 4, .misses = 2, .evicted = 2}));
}

TEST(NodeCache, forgets_what_is_as_old_as_the_time_to_live) {
  NodeCache cache(CachePolicy{.time_to_live = Seconds(10)});
  const nanoseconds start(-5);
  cache.store({}, {{"version", 1}}, start);
  EXPECT_EQ(cache.find({}, start + seconds(10) - nanoseconds(1)), (Object{{"version", 1}}));
  EXPECT_EQ(cache.find({}, start + seconds(10)), std::nullopt);
  EXPECT_EQ(cache.stats(), (NodeCacheStats{.hits = 1, .misses = 1, .expired = 1}));
  cache.store({}, {{"version", 2}}, start + seconds(10));
  cache.store({}, {{"version", 3}}, start + seconds(15));
  EXPECT_EQ(cache.find({}, start + seconds(20)), (Object{{"version", 3}}));
}

// The time is the executor's, and another run may have an executor with another clock.
TEST(NodeCache, forgets_what_was_stored_later_than_now) {
  NodeCache cache(CachePolicy{.time_to_live = Seconds(10)});
  cache.store({}, {{"version", 1}}, seconds(1'000));
  EXPECT_EQ(cache.find({}, seconds(999)), std::nullopt);
}

TEST(NodeCache, keeps_forever_without_a_time_to_live) {
  NodeCache cache(CachePolicy{});
  cache.store({}, {{"version", 1}}, nanoseconds(0));
  EXPECT_EQ(cache.find({}, nanoseconds::max()), (Object{{"version", 1}}));
}

}  // namespace
}  // namespace spark::detail
