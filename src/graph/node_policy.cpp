#include "spark/graph/node_policy.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <type_traits>
#include <utility>

#include "graph/malformed.h"

namespace spark {

namespace {

using detail::member_place;

constexpr std::array<std::string_view, 4> policy_members = {"max_attempts", "backoff", "timeout", "cache"};
constexpr std::array<std::string_view, 4> backoff_members = {"initial", "factor", "longest", "jitter"};
constexpr std::array<std::string_view, 2> cache_members = {"max_entries", "time_to_live"};

void validate_backoff(const Backoff& backoff, std::string_view place) {
  detail::require_range(member_place(place, "longest"), backoff.longest.count(), 0, max_backoff.count());
  // Bounded by `longest`, since a first pause that is never made is a mistake.
  detail::require_range(member_place(place, "initial"), backoff.initial.count(), 0, backoff.longest.count());
  detail::require_range(member_place(place, "factor"), backoff.factor, 1, max_backoff_factor);
  detail::require_range(member_place(place, "jitter"), backoff.jitter, 0, 1);
}

// Zero, or in the range of timeouts; so NaN is refused too.
void require_zero_or_time(const std::string& place, Seconds time) {
  if (time.count() == 0 || (time >= min_node_timeout && time <= max_node_timeout)) return;
  detail::refuse_value(
      place, detail::shown(time.count()),
      "0 or " + detail::shown(min_node_timeout.count()) + " to " + detail::shown(max_node_timeout.count()));
}

void require_max_entries(std::string_view place, std::int64_t value) {
  detail::require_range(member_place(place, "max_entries"), value, 1, std::int64_t{max_cache_entries});
}

void validate_cache(const CachePolicy& cache, std::string_view place) {
  require_max_entries(
      place, std::in_range<std::int64_t>(cache.max_entries) ? static_cast<std::int64_t>(cache.max_entries) : INT64_MAX);
  require_zero_or_time(member_place(place, "time_to_live"), cache.time_to_live);
}

void read(const Object& object, std::string_view key, std::string_view place, double& field) {
  if (const Value* value = object.find(key)) field = detail::number_at(*value, member_place(place, key));
}

void read(const Object& object, std::string_view key, std::string_view place, Seconds& field) {
  double seconds = field.count();
  read(object, key, place, seconds);
  field = Seconds(seconds);
}

Backoff backoff_from_value(const Value& value, const std::string& place) {
  const Object& object = detail::object_at(value, place);
  detail::require_members(object, place, backoff_members);
  Backoff backoff;
  read(object, "initial", place, backoff.initial);
  read(object, "factor", place, backoff.factor);
  read(object, "longest", place, backoff.longest);
  read(object, "jitter", place, backoff.jitter);
  return backoff;
}

CachePolicy cache_from_value(const Value& value, const std::string& place) {
  const Object& object = detail::object_at(value, place);
  detail::require_members(object, place, cache_members);
  CachePolicy cache;
  if (const Value* entries = object.find("max_entries")) {
    const std::int64_t count = detail::int_at(*entries, member_place(place, "max_entries"));
    // Here already: a negative one would be another number as std::size_t.
    require_max_entries(place, count);
    cache.max_entries = static_cast<std::size_t>(count);
  }
  read(object, "time_to_live", place, cache.time_to_live);
  return cache;
}

template <class T>
void write(Object& object, std::string_view key, const T& field, const T& default_field) {
  if (field == default_field) return;
  if constexpr (std::is_same_v<T, Seconds>) {
    object.set(std::string(key), field.count());
  } else {
    object.set(std::string(key), field);
  }
}

}  // namespace

void validate(const NodePolicy& policy, std::string_view place) {
  detail::require_range(member_place(place, "max_attempts"), policy.max_attempts, 1, max_node_attempts);
  validate_backoff(policy.backoff, member_place(place, "backoff"));
  require_zero_or_time(member_place(place, "timeout"), policy.timeout);
  if (policy.cache) validate_cache(*policy.cache, member_place(place, "cache"));
}

Seconds backoff_delay(const Backoff& backoff, std::int64_t failed_attempts, double random01) noexcept {
  const double longest = backoff.longest.count();
  const double power = static_cast<double>(std::max<std::int64_t>(failed_attempts, 1) - 1);
  // The power may be infinite, and zero times that is no number: no pause stays none.
  const double initial = backoff.initial.count();
  const double pause = initial == 0 ? 0 : std::min(longest, initial * std::pow(backoff.factor, power));
  // Written so that NaN counts as 0.
  const double random = random01 > 0 ? std::min(random01, 1.0) : 0;
  return Seconds(pause * ((1 - backoff.jitter) + backoff.jitter * random));
}

Value to_value(const NodePolicy& policy) {
  const NodePolicy defaults;
  Object object;
  write(object, "max_attempts", policy.max_attempts, defaults.max_attempts);
  write(object, "timeout", policy.timeout, defaults.timeout);
  if (policy.backoff != defaults.backoff) {
    Object backoff;
    write(backoff, "initial", policy.backoff.initial, defaults.backoff.initial);
    write(backoff, "factor", policy.backoff.factor, defaults.backoff.factor);
    write(backoff, "longest", policy.backoff.longest, defaults.backoff.longest);
    write(backoff, "jitter", policy.backoff.jitter, defaults.backoff.jitter);
    object.set("backoff", std::move(backoff));
  }
  if (policy.cache) {
    Object cache;
    write(cache, "max_entries", policy.cache->max_entries, CachePolicy().max_entries);
    write(cache, "time_to_live", policy.cache->time_to_live, CachePolicy().time_to_live);
    object.set("cache", std::move(cache));
  }
  return object;
}

NodePolicy node_policy_from_value(const Value& value, std::string_view place) {
  const Object& object = detail::object_at(value, place);
  detail::require_members(object, place, policy_members);
  NodePolicy policy;
  if (const Value* attempts = object.find("max_attempts")) {
    policy.max_attempts = detail::int_at(*attempts, member_place(place, "max_attempts"));
  }
  if (const Value* backoff = object.find("backoff")) {
    policy.backoff = backoff_from_value(*backoff, member_place(place, "backoff"));
  }
  read(object, "timeout", place, policy.timeout);
  if (const Value* cache = object.find("cache")) {
    policy.cache = cache_from_value(*cache, member_place(place, "cache"));
  }
  validate(policy, place);
  return policy;
}

}  // namespace spark
