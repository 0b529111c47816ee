// The contract's cases about aggregates of many records and of unusual values: which of them are one group, in which
// order keys come, percentiles of a hundred, times before 1970, and more groups than are allowed.
#include <cmath>
#include <limits>

#include "backends/aggregate_tables.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

void equal_values_are_one_group(Store& store, Checks& checks) {
  const double nan = std::nan("");
  constexpr std::int64_t large = 9'007'199'254'740'993;  // the double next to it is one less
  const Value values[] = {nullptr,
                          true,
                          1,
                          1.0,
                          0.0,
                          -0.0,
                          nan,
                          -nan,
                          "1",
                          "",
                          "",
                          "1",
                          Bytes{{'1'}},
                          Bytes{{'1'}},
                          Array{1, nan},
                          Array{1.0, nan},
                          large,
                          large - 1,
                          9'007'199'254'740'992.0,
                          false,
                          0.5,
                          "\x01"
                          "\xC3\xA9",
                          Object{{"a", 1}, {"b", Array{}}},
                          Object{{"b", Array{}}, {"a", 1.0}},
                          Object{},
                          Array{}};
  write(store, [&](BatchBuilder& batch) {
    std::uint64_t number = 0;
    for (const Value& value : values) batch.add(make_event(++number, "e", 0, {{"v", value}}));
    batch.add(make_event(++number, "e", 0));
    batch.add(make_event(++number, "e", 0, {{"v", Object{{"v", 7}}}}));
  });
  const auto groups = [&](const GroupBy& by) {
    return counts(store.aggregate_events({}, {.by = {by}, .order = GroupOrder::key, .descending = false}));
  };
  checks.equal("in the order of their keys", groups(group_by_attribute("v")),
               "[null] 2, [false] 1, [true] 1, [0] 2, [0.5] 1, [1] 2, [9007199254740992] 2, [9007199254740993] 1, "
               "[{\"$double\":\"NaN\"}] 2, [\"\"] 2, [\"\\u0001\xC3\xA9\"] 1, [\"1\"] 2, [{\"$bytes\":\"MQ==\"}] 2, "
               "[[1,{\"$double\":\"NaN\"}]] 2, [[]] 1, [{\"a\":1,\"b\":[]}] 2, [{\"v\":7}] 1, [{}] 1");
  checks.equal("nested", groups(group_by_attribute("v", "v")), "[null] 27, [7] 1");
  const Groups ones = store.aggregate_events({.attributes = {attribute("v") == 1}}, {.by = {group_by_attribute("v")}});
  checks.equal("the key of 1 and 1.0", std::string(to_string(ones.rows.at(0).keys.at(0).type())), "int");
}

// Also what infinity and NaN do to the sum.
void numbers_of_any_size_are_measured(Store& store, Checks& checks) {
  const double infinity = std::numeric_limits<double>::infinity();
  constexpr double largest = std::numeric_limits<double>::max();
  write(store, [&](BatchBuilder& batch) {
    std::uint64_t number = 0;
    const auto add = [&](const char* name, const std::vector<Value>& values) {
      for (const Value& value : values) batch.add(make_event(++number, name, 0, {{"v", value}}));
    };
    add("a both", {infinity, 1, -infinity});
    add("b below", {2, -infinity, std::nan("")});
    add("c cancelled", {1e100, 1, -1e100, 2});
    add("d huge", {largest, largest});
    add("e none", {"1", true, nullptr, Array{1}, Object{{"v", 1}}, std::nan("")});
    add("f ints", {std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()});
    add("g zeros", {-0.0, 0});
  });
  checks.equal("groups",
               text(store.aggregate_events(
                   {}, {.by = {group_by_name()}, .measure = {"v"}, .order = GroupOrder::key, .descending = false})),
               "[\"a both\"] 3 0 3: nan nan -inf..inf 1 inf inf inf\n"
               "[\"b below\"] 3 0 2: -inf -inf -inf..2 -inf 2 2 2\n"
               "[\"c cancelled\"] 4 0 4: 3 0.75 -1e+100..1e+100 1 1e+100 1e+100 1e+100\n"
               "[\"d huge\"] 2 0 2: inf inf 1.7976931348623157e+308..1.7976931348623157e+308 1.7976931348623157e+308 "
               "1.7976931348623157e+308 1.7976931348623157e+308 1.7976931348623157e+308\n"
               "[\"e none\"] 6 0 0\n"
               "[\"f ints\"] 2 0 2: 0 0 -9223372036854775808..9223372036854775808 -9223372036854775808 "
               "9223372036854775808 9223372036854775808 9223372036854775808\n"
               "[\"g zeros\"] 2 0 2: 0 0 0..0 0 0 0 0\n");
  checks.equal("largest sum first",
               counts(store.aggregate_events(
                   {}, {.by = {group_by_name()}, .measure = {"v"}, .order = GroupOrder::sum, .limit = 3})),
               "[\"d huge\"] 2, [\"c cancelled\"] 4, [\"e none\"] 6 (truncated)");
}

// 1 to 100 ms by their places, 1 to 10 too.
void percentiles_are_the_nearest_rank(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    for (std::uint64_t i = 1; i <= 100; ++i) {
      const std::uint64_t ms = (i * 37) % 101;  // each once
      Metric metric = make_metric(i, ms <= 10 ? "ten" : "more", 0);
      metric.value = static_cast<double>(ms);
      batch.add(metric);
    }
  });
  checks.equal("of 100", text(store.aggregate_metrics({}, {})), "[] 100 0 100: 5050 50.5 1..100 50 90 95 99\n");
  checks.equal("of 10", text(store.aggregate_metrics({.name = "ten"}, {})), "[] 10 0 10: 55 5.5 1..10 5 9 10 10\n");
}

void buckets_of_time_begin_at_multiples(Store& store, Checks& checks) {
  const auto first = Timestamp::min();
  const auto last = Timestamp::max();
  write(store, [&](BatchBuilder& batch) {
    std::uint64_t number = 0;
    for (const Timestamp time : {first, Timestamp(-1ns), Timestamp(0ns), Timestamp(1h - 1ns), Timestamp(1h), last}) {
      Event event = make_event(++number, "e", 0);
      event.timestamp = time;
      batch.add(event);
    }
  });
  const auto groups = [&](Seconds width) {
    return store.aggregate_events({}, {.by = {group_by_time(width)}, .order = GroupOrder::key, .descending = false});
  };
  checks.equal("hours", counts(groups(1h)),
               "[-9223372036854775808] 1, [-3600000000000] 1, [0] 2, [3600000000000] 1, [9223369200000000000] 1");
  checks.equal("nanoseconds", counts(groups(Seconds{1e-9})),
               "[-9223372036854775808] 1, [-1] 1, [0] 1, [3599999999999] 1, [3600000000000] 1, "
               "[9223372036854775807] 1");
  checks.equal("as a time", to_iso8601(bucket_start(groups(1h)[3].keys[0])), "1970-01-01T01:00:00.000000000Z");
}

// What was collected and what was recorded one by one, in one group.
void distributions_are_merged(Store& store, Checks& checks) {
  write(store, [](BatchBuilder& batch) {
    Metric metric = make_metric(1, "m", 0);
    // 1..2 twice and 4..8 twice, at a finer scale than the next.
    metric.distribution =
        Distribution{.count = 4, .sum = 15, .scale = 1, .positive = {.offset = 0, .counts = {1, 1, 0, 0, 1, 1}}};
    batch.add(metric);
    metric = make_metric(2, "m", 1);
    metric.distribution = Distribution{.count = 3, .sum = -12, .scale = 0, .negative = {.offset = 1, .counts = {1, 2}}};
    batch.add(metric);
    metric = make_metric(3, "m", 2);
    metric.distribution = Distribution{};  // of nothing
    batch.add(metric);
    for (std::uint64_t i = 4; i <= 16; ++i) {
      metric = make_metric(i, "m", 3);
      metric.value = 100;
      batch.add(metric);
    }
  });
  // 20 numbers: 2 in -8..-4, 1 in -4..-2, 2 in 1..2, 2 in 4..8, 13 of 100, whose bucket's middle is 85.3.
  checks.equal("one group", text(store.aggregate_metrics({}, {})),
               "[] 16 0 20: 1303 65.15 -8..100 85.33333333333333 85.33333333333333 85.33333333333333 "
               "85.33333333333333 error 0.333333\n");
}

void too_many_groups_are_refused(Store& store, Checks& checks) {
  const auto add = [&](std::size_t from, std::size_t to) {
    constexpr std::size_t batch_size = 20'000;
    for (std::size_t begin = from; begin < to; begin += batch_size) {
      write(store, [&](BatchBuilder& batch) {
        for (std::size_t i = begin; i < std::min(to, begin + batch_size); ++i) {
          batch.add(make_event(i + 1, "e", static_cast<std::int64_t>(i)));
        }
      });
    }
  };
  const Aggregation by_millisecond{.by = {group_by_time(1ms)}};
  add(0, max_aggregate_groups);
  const Groups groups = store.aggregate_events({}, by_millisecond);
  checks.equal("the most", std::to_string(groups.size()) + (groups.truncated ? " truncated" : ""), "10000 truncated");
  add(max_aggregate_groups, max_aggregate_groups + 1);
  checks.throws("one more", ErrorCode::invalid_argument,
                [&] { static_cast<void>(store.aggregate_events({}, by_millisecond)); });
  checks.equal("still answers", counts(store.aggregate_events({}, {})), "[] 100001");
}

}  // namespace

std::vector<ContractCase> aggregate_value_cases() {
  return {{"aggregate_equal_values_are_one_group", equal_values_are_one_group},
          {"aggregate_numbers_of_any_size_are_measured", numbers_of_any_size_are_measured},
          {"aggregate_percentiles_are_the_nearest_rank", percentiles_are_the_nearest_rank},
          {"aggregate_buckets_of_time_begin_at_multiples", buckets_of_time_begin_at_multiples},
          {"aggregate_distributions_are_merged", distributions_are_merged},
          {"aggregate_too_many_groups_are_refused", too_many_groups_are_refused}};
}

}  // namespace spark::testing
