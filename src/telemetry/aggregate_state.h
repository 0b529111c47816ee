// What an aggregate means whatever the store: which are refused, to which group a record belongs, what is measured of
// it, and the groups in order. AggregateState takes record after record and then gives the answer; a store that has
// rows instead of records gives keys and numbers. It belongs to one query and one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "spark/telemetry/aggregate.h"
#include "telemetry/attribute_condition.h"
#include "telemetry/measurements.h"
#include "telemetry/query_rules.h"

namespace spark::detail {

// An Aggregation for one kind of record, checked and prepared.
class AggregatePlan {
 public:
  struct Key {
    GroupBy::Field field;
    std::optional<AttributeReader> attribute;  // of Field::attribute
    std::int64_t width_ns = 0;                 // of Field::time
  };

  // Throws Error(invalid_argument) for what aggregate.h says.
  AggregatePlan(RowKind kind, const Aggregation& aggregation);

  [[nodiscard]] const std::vector<Key>& keys() const noexcept { return keys_; }
  // The attribute that is measured; null: what the kind of record has.
  [[nodiscard]] const AttributeReader* measure() const noexcept { return measure_ ? &*measure_ : nullptr; }
  [[nodiscard]] bool reads_attributes() const noexcept;

 private:
  std::vector<Key> keys_;
  std::optional<AttributeReader> measure_;
};

// Throw Error(invalid_argument) for answers that would be too large, by the number of groups and the bytes of their
// keys.
void check_group_count(std::size_t groups);
void check_key_bytes(std::size_t bytes);

class AggregateState {
 public:
  struct Entry {
    const std::string* key = nullptr;
    std::uint64_t count = 0;
    std::uint64_t errors = 0;
    Measurements measurements = {};
  };

  // Both must live as long.
  AggregateState(const AggregatePlan& plan, const Aggregation& aggregation);

  void add(const Trace& trace);
  void add(const Span& span);
  void add(const Event& event);
  void add(const Metric& metric);

  // For rows: counts one more record of the group with this key (group_key.h), which stays until the next call. Throws
  // Error(invalid_argument) for too many groups.
  [[nodiscard]] Entry& count(std::string_view key, bool is_error);
  void measure(Entry& entry, double value) {
    const std::size_t before = entry.measurements.held();
    entry.measurements.add(value);
    after_measuring(entry, before);
  }
  void measure(Entry& entry, const Distribution& distribution);
  void measure(Entry& entry, const Value* attribute) {
    if (attribute != nullptr && attribute->is_number()) measure(entry, attribute->as_double());
  }

  // Makes the public keys of a group of a store's own.
  using Resolve = std::function<void(std::vector<Value>& keys)>;
  // The answer; once.
  [[nodiscard]] Groups take(const TimeLimit& limit, const Resolve& resolve = {});

 private:
  static constexpr std::size_t least_room = 64;

  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
  };

  template <class Record>
  [[nodiscard]] Entry& count_record(const Record& record, bool is_error);
  [[nodiscard]] Entry& new_entry(std::string_view key);
  void after_measuring(Entry& entry, std::size_t held_before) {
    held_ += entry.measurements.held() - held_before;
    if (entry.measurements.held() > room_ || held_ > max_aggregate_values) [[unlikely]]
      make_room(entry);
  }
  void make_room(Entry& entry);
  void count_key_bytes(std::size_t size) { check_key_bytes(key_bytes_ += size); }
  void resolve_keys(std::vector<Value>& keys, const Resolve& resolve);

  const AggregatePlan& plan_;
  const Aggregation& aggregation_;
  std::unordered_map<std::string, std::size_t, KeyHash, std::equal_to<>> places_;
  std::vector<Entry> entries_;
  std::string key_;                      // of the record at hand
  std::size_t key_bytes_ = 0;            // of all groups
  std::size_t held_ = 0;                 // by all groups
  std::size_t room_ = max_exact_values;  // what one group may hold
};

// Groups in their order, cut to the limit.
[[nodiscard]] Groups ranked(std::vector<Group> groups, const Aggregation& aggregation);

// Throws Error(invalid_argument) for a query that no aggregate can have.
void check_aggregate_fields(RowKind kind, bool are_default);
template <class Query>
void check_aggregate(const Query& query) {
  check_query(query);
  const Query usual;
  check_aggregate_fields(kind_of(query), query.limit == usual.limit && query.offset == usual.offset &&
                                             query.cursor.empty() && query.order == usual.order &&
                                             query.with_attributes);
}

}  // namespace spark::detail
