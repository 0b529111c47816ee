// How a query is answered from records in memory: Matcher says which records match, Selection orders what matched and
// makes a page of it. Both belong to one query and one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "spark/base/glob.h"
#include "spark/telemetry/query.h"
#include "telemetry/attribute_condition.h"
#include "telemetry/query_rules.h"

namespace spark::detail::memory {

template <class Value>
[[nodiscard]] bool matches(const std::optional<Value>& wanted, const Value& actual) {
  return !wanted || *wanted == actual;
}

// The fields that need no preparation.
[[nodiscard]] bool plain_fields_match(const TraceQuery& query, const Trace& trace) noexcept;
[[nodiscard]] bool plain_fields_match(const SpanQuery& query, const Span& span) noexcept;
[[nodiscard]] bool plain_fields_match(const EventQuery& query, const Event& event) noexcept;
[[nodiscard]] bool plain_fields_match(const MetricQuery& query, const Metric& metric) noexcept;

// Everything but the attributes, which may be most of the record.
[[nodiscard]] Trace without_attributes(const Trace& trace);
[[nodiscard]] Span without_attributes(const Span& span);
[[nodiscard]] Event without_attributes(const Event& event);
[[nodiscard]] Metric without_attributes(const Metric& metric);

template <class Query>
class Matcher {
 public:
  // The query must live as long. Throws Error(invalid_argument) for what cannot be right.
  explicit Matcher(const Query& query) : query_(query), attributes_(attribute_conditions(query.attributes)) {
    if (query.name) name_.emplace(*query.name);
    if constexpr (requires { query.duration; }) duration_.emplace(query.duration);
  }

  template <class Record>
  [[nodiscard]] bool operator()(const Record& record) const noexcept {
    if (!plain_fields_match(query_, record) || (name_ && !name_->matches(record.name))) return false;
    if constexpr (requires { query_.duration; }) {
      if (!duration_->contains(duration_ns(record))) return false;
    }
    return std::all_of(attributes_.begin(), attributes_.end(),
                       [&](const AttributeCondition& condition) { return condition.holds(record.attributes); });
  }

  template <class Record>
  [[nodiscard]] Record copy(const Record& record) const {
    return query_.with_attributes ? record : without_attributes(record);
  }

 private:
  const Query& query_;
  std::optional<Glob> name_;
  std::optional<NanosecondRange> duration_;
  std::vector<AttributeCondition> attributes_;
};

// Gathers records by address while the store is locked, then copies those of the page.
template <class Query, class Record>
class Selection {
 public:
  Selection(const Query& query, Seconds time_limit_of_store)
      : query_(query), limit_(query.time_limit, time_limit_of_store), matcher_(query), after_(cursor_of(query)) {
    check_query(query);
    const std::size_t offset = offset_of(query);
    last_ = query.limit > ~std::size_t{0} - offset ? ~std::size_t{0} : query.limit + offset;
    limit_.check();
  }

  // Throws Error(timeout) when the query has taken too long.
  void offer(const Record& record) {
    if (++looked_at_ % looks_between_checks == 0) limit_.check();
    if (!matcher_(record)) return;
    if (after_ && !comes_before(*after_, key_of(record, query_.order), query_.order)) return;
    found_.push_back(&record);
  }
  // Of records that are offered in order: more would not change the page.
  [[nodiscard]] bool has_enough() const noexcept { return found_.size() > last_; }

  [[nodiscard]] Page<Record> take() {
    const Order order = query_.order;
    const auto first = found_.begin() + static_cast<std::ptrdiff_t>(std::min(offset_of(query_), found_.size()));
    const auto last = found_.begin() + static_cast<std::ptrdiff_t>(std::min(last_, found_.size()));
    std::partial_sort(found_.begin(), last, found_.end(), [order](const Record* a, const Record* b) {
      return comes_before(key_of(*a, order), key_of(*b, order), order);
    });
    limit_.check();
    Page<Record> page;
    page.rows.reserve(static_cast<std::size_t>(last - first));
    for (auto record = first; record != last; ++record) page.rows.push_back(matcher_.copy(**record));
    page.truncated = last != found_.end();
    if (page.truncated) page.cursor = make_cursor(kind_of(query_), order, key_of(**(last - 1), order));
    return page;
  }

 private:
  // Looking at a record takes some 10 ns, reading the clock 24.
  static constexpr std::uint64_t looks_between_checks = 256;

  const Query& query_;
  TimeLimit limit_;
  Matcher<Query> matcher_;
  std::optional<RowKey> after_;
  std::size_t last_ = 0;  // offset and limit
  std::uint64_t looked_at_ = 0;
  std::vector<const Record*> found_;
};

}  // namespace spark::detail::memory
