// Aggregates are what a store says of many records at once: how many there are, how many failed, and the sum, the mean
// and the percentiles of what is measured, by group. Values without logic, made by the caller and by the store:
//
//   manager.aggregate_spans({.name = "query*"}, {.by = {group_by_name(), group_by_time(1h)}, .order = GroupOrder::p95})
//
// The query's conditions and its time limit hold. Its limit, offset, cursor, order and with_attributes mean nothing
// here: other values than the default throw Error(invalid_argument). So does, of an Aggregation, a field that this kind
// of record lacks (the message names both), a limit of 0, an attribute path that is empty or too long, a bucket of less
// than 1 ns, a path or a width where none belongs, and more than the named maxima below.
//
// What an answer takes is bounded, however many records there are: by max_aggregate_groups, max_aggregate_key_bytes and
// max_aggregate_values.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/base/clock.h"
#include "spark/base/value.h"
#include "spark/telemetry/query.h"

namespace spark {

// Entries of Aggregation::by.
inline constexpr std::size_t max_group_by = 16;
// Groups of one answer, before its limit, and the bytes of all their keys: the best groups cannot be told before all
// are known, so more throw Error(invalid_argument) instead of giving some.
inline constexpr std::size_t max_aggregate_groups = 100'000;
inline constexpr std::size_t max_aggregate_key_bytes = 64 << 20;
// Numbers that percentiles are exact of, in one group.
inline constexpr std::size_t max_exact_values = 1'000'000;
// Numbers, or buckets that stand for many, kept for all groups together; 8 bytes each, and as much again while they
// grow. When there are more, the largest groups get less exact, which their percentile_error says.
inline constexpr std::size_t max_aggregate_values = 8'000'000;

// One thing to group by, best made by the functions below. Which kinds of records have it, and what a group's key is:
//   name        all: the name
//   kind        spans: "CLIENT" and so on
//   status      traces, spans: "completed" and so on
//   error_type  spans: the type, "" where there is none
//   event_type  events: the type, "" where there is none
//   unit        metrics: the unit, "" where there is none
//   trace_id    all: the id as a UUID, null where there is none
//   attribute   all: the value, null where there is none. Values that are equal (value.h) are one group: 1 and 1.0,
//               whose key is the int, but not true. All NaN are one group too.
//   time        all: the beginning of the bucket that holds the start time or timestamp, as nanoseconds since
//               1970-01-01 UTC; bucket_start() makes a Timestamp of it
struct GroupBy {
  enum class Field : std::uint8_t { name, kind, status, error_type, event_type, unit, trace_id, attribute, time };

  Field field = Field::name;
  std::vector<std::string> path = {};  // of an attribute, as AttributeFilter::path
  Seconds width = {};  // of a bucket of time, rounded to nanoseconds; buckets begin at multiples of it since 1970

  bool operator==(const GroupBy&) const = default;
};

// "name", "kind" and so on. Static storage.
[[nodiscard]] std::string_view to_string(GroupBy::Field field) noexcept;

[[nodiscard]] inline GroupBy group_by_name() { return {GroupBy::Field::name, {}, {}}; }
[[nodiscard]] inline GroupBy group_by_kind() { return {GroupBy::Field::kind, {}, {}}; }
[[nodiscard]] inline GroupBy group_by_status() { return {GroupBy::Field::status, {}, {}}; }
[[nodiscard]] inline GroupBy group_by_error_type() { return {GroupBy::Field::error_type, {}, {}}; }
[[nodiscard]] inline GroupBy group_by_event_type() { return {GroupBy::Field::event_type, {}, {}}; }
[[nodiscard]] inline GroupBy group_by_unit() { return {GroupBy::Field::unit, {}, {}}; }
[[nodiscard]] inline GroupBy group_by_trace_id() { return {GroupBy::Field::trace_id, {}, {}}; }
[[nodiscard]] inline GroupBy group_by_time(Seconds width) { return {GroupBy::Field::time, {}, width}; }
// By the attribute with this key, or within objects by the one that several keys lead to.
template <std::convertible_to<std::string_view>... Keys>
[[nodiscard]] GroupBy group_by_attribute(const Keys&... keys) {
  GroupBy by{GroupBy::Field::attribute, {}, {}};
  (by.path.emplace_back(std::string_view(keys)), ...);
  return by;
}

// The moment that the key of a bucket of time stands for. Throws Error(invalid_argument) if the key is no int.
[[nodiscard]] inline Timestamp bucket_start(const Value& key) {
  return Timestamp(std::chrono::nanoseconds(key.as_int()));
}

// By one number of each group, or by the keys, the first of `by` first: null, false, true, numbers with NaN behind
// them, strings and bytes by their octets, arrays and objects by their JSON. Groups that are equal in a number come by
// their keys, ascending; those whose number is NaN come last, whatever the direction.
enum class GroupOrder : std::uint8_t { count, errors, sum, p95, key };

// "count", "errors" and so on. Static storage.
[[nodiscard]] std::string_view to_string(GroupOrder order) noexcept;

struct Aggregation {
  std::vector<GroupBy> by = {};  // empty: one group of everything, which is there even if no record matches
  // The path of the attribute that is measured, where it is a number. Empty: the duration of traces and spans in
  // seconds, the value of metrics, nothing of events.
  std::vector<std::string> measure = {};
  GroupOrder order = GroupOrder::count;
  bool descending = true;
  std::size_t limit = default_query_limit;  // groups, 1 or more

  bool operator==(const Aggregation&) const = default;
};

// What is not a number is counted and not measured: missing and other attributes, NaN, the duration of a trace that
// runs. Infinity is measured: it is a maximum or a percentile like any number, and makes the sum infinite, or NaN with
// its opposite.
//
// A percentile p of n numbers is the one at place ceil(p / 100 * n) of them in ascending order ("nearest rank": R. J.
// Hyndman and Y. Fan, Sample Quantiles in Statistical Packages, 1996, definition 1): it is always one that was
// measured. Beyond max_exact_values it is known by the bucket of a base-2 exponential histogram of 16,384 buckets, and
// given as the number whose relative error is least (C. Masson, J. E. Rim and H. K. Lee, DDSketch, 2019). That error is
// at most percentile_error: 0.0014 as long as the magnitudes lie within a factor of 2^64, twice that within 2^128, and
// so on; more when max_aggregate_values was reached. (Magnitudes below 2.3e-308 count as that.)
//
// Of a metric with a distribution, every measurement that was collected into it is measured: their number and sum are
// exact, percentiles are known by its buckets. Minimum and maximum are then the outer bounds of buckets, if those lie
// beyond what was measured by itself. One that no measurements can have made is not measured: a sum that is NaN, a
// scale beyond -10 to 20, buckets beyond the doubles, more than 2^53 measurements in one or 2^63 in a group.
//
// Sums are compensated, so that the order of the records does not show: with u = 1.2e-16, the error is at most u times
// the sum and (n * u)^2 times the sum of the magnitudes (T. Ogita, S. M. Rump and S. Oishi, Accurate Sum and Dot
// Product, 2005). A sum beyond the largest double is infinite.
struct Group {
  static constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

  std::vector<Value> keys = {};  // one for each of Aggregation::by
  std::uint64_t count = 0;       // records
  std::uint64_t errors = 0;      // those of status failed; 0 of events and metrics
  std::uint64_t measured = 0;    // numbers; if none, what follows is NaN, and the sum 0
  double sum = 0;
  double mean = nothing;
  double min = nothing;
  double max = nothing;
  double p50 = nothing;
  double p90 = nothing;
  double p95 = nothing;
  double p99 = nothing;
  double percentile_error = 0;  // the most that p50 to p99 may be wrong by, relatively; 0: exact

  // errors / count; 0 of no records.
  [[nodiscard]] double error_rate() const noexcept {
    return count == 0 ? 0 : static_cast<double>(errors) / static_cast<double>(count);
  }
  bool operator==(const Group&) const = default;
};

// The groups of one answer. Iterates and indexes like a vector.
struct Groups {
  std::vector<Group> rows = {};
  bool truncated = false;  // there were more than the limit

  [[nodiscard]] auto begin() const noexcept { return rows.begin(); }
  [[nodiscard]] auto end() const noexcept { return rows.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows.size(); }
  [[nodiscard]] bool empty() const noexcept { return rows.empty(); }
  [[nodiscard]] const Group& operator[](std::size_t index) const noexcept { return rows[index]; }
  [[nodiscard]] const Group& front() const noexcept { return rows.front(); }
};

}  // namespace spark
