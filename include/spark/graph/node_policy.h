// NodePolicy says how a node is run: how often it is tried, how long an attempt may take, and whether what it gave is
// kept for the same inputs. Plain values; whoever takes one validates it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "spark/base/clock.h"
#include "spark/base/value.h"

namespace spark {

// Bounds. A timeout or a life shorter than the shortest would be gone before anything begins.
inline constexpr std::int64_t max_node_attempts = 1'000;
inline constexpr Seconds max_backoff{86'400};
inline constexpr double max_backoff_factor = 100;
inline constexpr Seconds min_node_timeout{1e-6};
inline constexpr Seconds max_node_timeout{31'536'000};  // 365 days; of a life in the cache too
inline constexpr std::size_t max_cache_entries = 1'000'000;

// The pause after an attempt that failed: backoff_delay.
struct Backoff {
  Seconds initial{0.1};  // after the first one, 0 to `longest`; more for what needs time to recover
  double factor = 2;     // of each pause to the one before, 1 to 100; 1: all are alike
  Seconds longest{30};   // no pause is longer; 0 to a day
  // The share of the pause that is random, 0 to 1. With 0, nodes that failed together try again together; 1 spreads
  // them best, and may try again at once.
  double jitter = 0.5;

  bool operator==(const Backoff&) const = default;
};

// Outputs kept in memory, for a node that gives the same for the same inputs and has no effects.
struct CachePolicy {
  std::size_t max_entries = 1'000;  // the ones used longest ago go; 1 to a million
  Seconds time_to_live{0};          // 0: forever, else 1 µs to 365 days; how old an answer may be

  bool operator==(const CachePolicy&) const = default;
};

struct NodePolicy {
  std::int64_t max_attempts = 1;  // 1 (no retry) to 1,000; more for what fails by chance
  Backoff backoff = {};           // means nothing without retries
  Seconds timeout{0};             // of one attempt; 0: none, else 1 µs to 365 days
  std::optional<CachePolicy> cache = {};

  bool operator==(const NodePolicy&) const = default;
};

// Throws Error(invalid_argument) for a field out of its bounds, naming it and its value:
// "<place>.backoff.factor is nan, allowed is 1 to 100".
void validate(const NodePolicy& policy, std::string_view place);

// Exponential backoff with jitter (Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; jitter
// 1 is its "full jitter", 0.5 its "equal jitter"):
//
//   pause = min(longest, initial * factor ^ (failed_attempts - 1))
//   delay = pause * ((1 - jitter) + jitter * random01)
//
// `failed_attempts` counts from 1 and may be any number, `random01` is uniform in [0, 1); what is out of range counts
// as the nearest that is not. Of a valid backoff the result is within 0 and `longest`.
[[nodiscard]] Seconds backoff_delay(const Backoff& backoff, std::int64_t failed_attempts, double random01) noexcept;

// An object of the fields that differ from the defaults, by their names; times in seconds. {"max_attempts": 3,
// "backoff": {"jitter": 1.0}, "timeout": 2.5, "cache": {}}
[[nodiscard]] Value to_value(const NodePolicy& policy);
// The inverse; what is left out has its default. Throws Error(invalid_argument), naming the place, for an unknown
// member, another type, and as validate.
[[nodiscard]] NodePolicy node_policy_from_value(const Value& value, std::string_view place);

}  // namespace spark
