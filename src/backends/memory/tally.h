// How an aggregate is answered from records in memory: a Tally takes the records one by one while the store is locked,
// and gives their groups. It belongs to one query and one thread.
#pragma once

#include <cstdint>

#include "backends/memory/matcher.h"
#include "telemetry/aggregate_state.h"

namespace spark::detail::memory {

template <class Query>
class Tally {
 public:
  // Both must live as long. Throws Error(invalid_argument) for what cannot be right.
  Tally(const Query& query, const Aggregation& aggregation, Seconds time_limit_of_store)
      : limit_((check_aggregate(query), TimeLimit(query.time_limit, time_limit_of_store))),
        matches_(query),
        plan_(kind_of(query), aggregation),
        state_(plan_, aggregation) {
    limit_.check();
  }
  Tally(const Tally&) = delete;  // the state keeps an address inside
  Tally& operator=(const Tally&) = delete;

  // Throws Error(timeout) when the query has taken too long.
  template <class Record>
  void offer(const Record& record) {
    if (++looked_at_ % looks_between_checks == 0) limit_.check();
    if (matches_(record)) state_.add(record);
  }
  // Needs no record any more.
  [[nodiscard]] Groups take() { return state_.take(limit_); }

 private:
  static constexpr std::uint64_t looks_between_checks = 256;  // as Selection

  TimeLimit limit_;
  Matcher<Query> matches_;
  AggregatePlan plan_;
  AggregateState state_;
  std::uint64_t looked_at_ = 0;
};

}  // namespace spark::detail::memory
