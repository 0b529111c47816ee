#include "spark/graph/node_policy.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "fakes/numbers.h"
#include "graph/error_text.h"
#include "spark/base/json.h"

namespace spark {
namespace {

using fakes::infinity;
using fakes::nan;
using tests::error_text;

TEST(NodePolicy, is_valid_by_default_and_at_its_bounds) {
  validate(NodePolicy{}, "policy");
  validate({.max_attempts = 1'000,
            .backoff = {.initial = max_backoff, .factor = 100, .longest = max_backoff, .jitter = 1},
            .timeout = max_node_timeout,
            .cache = CachePolicy{.max_entries = 1'000'000, .time_to_live = min_node_timeout}},
           "policy");
  validate({.backoff = {.initial = Seconds(0), .factor = 1, .longest = Seconds(0), .jitter = 0}}, "policy");
}

TEST(NodePolicy, refuses_what_is_out_of_bounds_and_names_field_and_value) {
  const std::vector<std::pair<NodePolicy, const char*>> cases = {
      {{.max_attempts = 0}, "max_attempts is 0, allowed is 1 to 1000"},
      {{.max_attempts = -1}, "max_attempts is -1, allowed is 1 to 1000"},
      {{.max_attempts = 1'001}, "max_attempts is 1001, allowed is 1 to 1000"},
      {{.backoff = {.initial = Seconds(-0.5)}}, "backoff.initial is -0.5, allowed is 0 to 30"},
      {{.backoff = {.initial = Seconds(31)}}, "backoff.initial is 31, allowed is 0 to 30"},
      {{.backoff = {.initial = Seconds(nan)}}, "backoff.initial is nan, allowed is 0 to 30"},
      {{.backoff = {.factor = 0.5}}, "backoff.factor is 0.5, allowed is 1 to 100"},
      {{.backoff = {.factor = nan}}, "backoff.factor is nan, allowed is 1 to 100"},
      {{.backoff = {.factor = 101}}, "backoff.factor is 101, allowed is 1 to 100"},
      {{.backoff = {.longest = Seconds(-1)}}, "backoff.longest is -1, allowed is 0 to 86400"},
      {{.backoff = {.longest = Seconds(infinity)}}, "backoff.longest is inf, allowed is 0 to 86400"},
      {{.backoff = {.longest = Seconds(nan)}}, "backoff.longest is nan, allowed is 0 to 86400"},
      {{.backoff = {.jitter = -0.1}}, "backoff.jitter is -0.1, allowed is 0 to 1"},
      {{.backoff = {.jitter = 1.1}}, "backoff.jitter is 1.1, allowed is 0 to 1"},
      {{.backoff = {.jitter = nan}}, "backoff.jitter is nan, allowed is 0 to 1"},
      {{.timeout = Seconds(-1)}, "timeout is -1, allowed is 0 or 1e-06 to 31536000"},
      {{.timeout = Seconds(1e-9)}, "timeout is 1e-09, allowed is 0 or 1e-06 to 31536000"},
      {{.timeout = Seconds(nan)}, "timeout is nan, allowed is 0 or 1e-06 to 31536000"},
      {{.timeout = Seconds(1e300)}, "timeout is 1e+300, allowed is 0 or 1e-06 to 31536000"},
      {{.cache = CachePolicy{.max_entries = 0}}, "cache.max_entries is 0, allowed is 1 to 1000000"},
      {{.cache = CachePolicy{.max_entries = 1'000'001}}, "cache.max_entries is 1000001, allowed is 1 to 1000000"},
      {{.cache = CachePolicy{.max_entries = SIZE_MAX}},
       "cache.max_entries is 9223372036854775807, allowed is 1 to 1000000"},
      {{.cache = CachePolicy{.time_to_live = Seconds(-1)}},
       "cache.time_to_live is -1, allowed is 0 or 1e-06 to 31536000"},
      {{.cache = CachePolicy{.time_to_live = Seconds(nan)}},
       "cache.time_to_live is nan, allowed is 0 or 1e-06 to 31536000"},
  };
  for (const auto& [policy, message] : cases) {
    EXPECT_EQ(error_text([&policy = policy] { validate(policy, "nodes[1].policy"); }),
              std::string("invalid_argument: nodes[1].policy.") + message);
  }
}

TEST(BackoffDelay, grows_by_the_factor_up_to_the_longest) {
  const Backoff backoff{.initial = Seconds(0.5), .factor = 3, .longest = Seconds(10), .jitter = 0};
  std::vector<double> delays;
  for (int failed = 1; failed <= 5; ++failed) delays.push_back(backoff_delay(backoff, failed, 0.7).count());
  EXPECT_EQ(delays, (std::vector<double>{0.5, 1.5, 4.5, 10, 10}));
}

TEST(BackoffDelay, is_random_for_the_share_of_jitter) {
  Backoff backoff{.initial = Seconds(8), .factor = 1, .longest = Seconds(30), .jitter = 0.5};
  EXPECT_EQ(backoff_delay(backoff, 1, 0), Seconds(4));
  EXPECT_EQ(backoff_delay(backoff, 1, 0.5), Seconds(6));
  EXPECT_EQ(backoff_delay(backoff, 9, 1), Seconds(8));
  backoff.jitter = 1;
  EXPECT_EQ(backoff_delay(backoff, 1, 0), Seconds(0));
  EXPECT_EQ(backoff_delay(backoff, 1, 0.25), Seconds(2));
}

TEST(BackoffDelay, takes_any_numbers) {
  const Backoff backoff{.initial = Seconds(1), .factor = 100, .longest = Seconds(30), .jitter = 0};
  EXPECT_EQ(backoff_delay(backoff, std::numeric_limits<std::int64_t>::max(), 0), Seconds(30));
  EXPECT_EQ(backoff_delay(backoff, std::numeric_limits<std::int64_t>::min(), 0), Seconds(1));
  EXPECT_EQ(backoff_delay(backoff, 0, 0), Seconds(1));
  Backoff none = backoff;
  none.initial = Seconds(0);
  EXPECT_EQ(backoff_delay(none, std::numeric_limits<std::int64_t>::max(), 0), Seconds(0));
  Backoff random = backoff;
  random.jitter = 1;
  EXPECT_EQ(backoff_delay(random, 1, nan), Seconds(0));
  EXPECT_EQ(backoff_delay(random, 1, -5), Seconds(0));
  EXPECT_EQ(backoff_delay(random, 1, 1e300), Seconds(1));
}

TEST(NodePolicy, serializes_only_what_is_not_a_default) {
  const auto json = [](const NodePolicy& policy) { return to_json(to_value(policy)); };
  EXPECT_EQ(json({}), "{}");
  EXPECT_EQ(json({.cache = CachePolicy{}}), R"({"cache":{}})");
  EXPECT_EQ(json({.max_attempts = 3, .backoff = {.jitter = 1}, .timeout = Seconds(2.5)}),
            R"({"backoff":{"jitter":1.0},"max_attempts":3,"timeout":2.5})");
}

TEST(NodePolicy, comes_back_from_json_as_it_went) {
  const NodePolicy policies[] = {
      {},
      {.cache = CachePolicy{}},
      {.max_attempts = 7, .backoff = {.initial = Seconds(1. / 3)}},
      {.backoff = {.initial = Seconds(0), .factor = 1.5, .longest = Seconds(1), .jitter = 0.25},
       .timeout = Seconds(0.1),
       .cache = CachePolicy{.max_entries = 5, .time_to_live = Seconds(60)}},
      {.cache = CachePolicy{.time_to_live = Seconds(1e-6)}},
  };
  for (const NodePolicy& policy : policies) {
    const std::string json = to_json(to_value(policy));
    EXPECT_EQ(node_policy_from_value(parse_json(json), "policy"), policy) << json;
  }
  EXPECT_EQ(node_policy_from_value(parse_json(R"({"timeout":2})"), "policy"), (NodePolicy{.timeout = Seconds(2)}));
}

TEST(NodePolicy, refuses_what_is_malformed_and_names_the_place) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"null", "policy: null is not an object"},
      {R"({"retries":3})", "policy.retries: there is no such member, only max_attempts, backoff, timeout, cache"},
      {R"({"max\u0000":3})",
       R"(policy."max\u0000": there is no such member, only max_attempts, backoff, timeout, cache)"},
      {R"({"max_attempts":2.0})", "policy.max_attempts: 2 is not a whole number"},
      {R"({"max_attempts":"2"})", R"(policy.max_attempts: "2" is not a whole number)"},
      {R"({"max_attempts":0})", "policy.max_attempts is 0, allowed is 1 to 1000"},
      {R"({"timeout":true})", "policy.timeout: true is not a number"},
      {R"({"timeout":{"$double":"NaN"}})", "policy.timeout is nan, allowed is 0 or 1e-06 to 31536000"},
      {R"({"backoff":1})", "policy.backoff: 1 is not an object"},
      {R"({"backoff":{"max":1}})",
       "policy.backoff.max: there is no such member, only initial, factor, longest, jitter"},
      {R"({"backoff":{"factor":[]}})", "policy.backoff.factor: an array is not a number"},
      {R"({"backoff":{"initial":60}})", "policy.backoff.initial is 60, allowed is 0 to 30"},
      {R"({"cache":null})", "policy.cache: null is not an object"},
      {R"({"cache":{"ttl":1}})", "policy.cache.ttl: there is no such member, only max_entries, time_to_live"},
      {R"({"cache":{"max_entries":-1}})", "policy.cache.max_entries is -1, allowed is 1 to 1000000"},
      {R"({"cache":{"max_entries":1e3}})", "policy.cache.max_entries: 1000 is not a whole number"},
      {R"({"cache":{"time_to_live":1e-9}})", "policy.cache.time_to_live is 1e-09, allowed is 0 or 1e-06 to 31536000"},
  };
  for (const auto& [json, message] : cases) {
    EXPECT_EQ(error_text([json = json] { static_cast<void>(node_policy_from_value(parse_json(json), "policy")); }),
              std::string("invalid_argument: ") + message)
        << json;
  }
}

}  // namespace
}  // namespace spark
