#include "telemetry/aggregate_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "spark/base/error.h"
#include "telemetry/group_key.h"

namespace spark {

std::string_view to_string(GroupBy::Field field) noexcept {
  constexpr std::string_view names[] = {"name", "kind",     "status",    "error_type", "event_type",
                                        "unit", "trace_id", "attribute", "time"};
  const auto index = static_cast<std::size_t>(field);
  return index < std::size(names) ? names[index] : "unknown";
}

std::string_view to_string(GroupOrder order) noexcept {
  constexpr std::string_view names[] = {"count", "errors", "sum", "p95", "key"};
  const auto index = static_cast<std::size_t>(order);
  return index < std::size(names) ? names[index] : "unknown";
}

namespace detail {
namespace {

using Field = GroupBy::Field;

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::invalid_argument, "an aggregate " + why); }

bool has_field(RowKind kind, Field field) noexcept {
  switch (field) {
    case Field::name:
    case Field::trace_id:
    case Field::attribute:
    case Field::time:
      return kind != RowKind::graph;
    case Field::status:
      return kind == RowKind::trace || kind == RowKind::span;
    case Field::kind:
    case Field::error_type:
      return kind == RowKind::span;
    case Field::event_type:
      return kind == RowKind::event;
    case Field::unit:
      return kind == RowKind::metric;
  }
  return false;
}

std::int64_t width_of(const GroupBy& by) {
  const double ns = std::round(by.width.count() * 1e9);
  // Above a bucket of 2^62 ns, which is 146 years, its end may be no time.
  constexpr double largest = 4'611'686'018'427'387'904.0;
  if (!(ns >= 1 && ns <= largest))
    refuse("by time has a width of " + std::to_string(by.width.count()) + " s; it must be 1 ns to 146 years");
  return static_cast<std::int64_t>(ns);
}

AggregatePlan::Key prepare(RowKind kind, const GroupBy& by) {
  const std::string field(to_string(by.field));
  if (!has_field(kind, by.field)) {
    refuse("cannot be by " + field + ": " + std::string(plural(kind)) + " have none");
  }
  if (by.field != Field::attribute && !by.path.empty()) refuse("by " + field + " has a path, as only attributes do");
  if (by.field != Field::time && by.width != Seconds{0}) refuse("by " + field + " has a width, as only time does");
  AggregatePlan::Key key{by.field, std::nullopt, 0};
  if (by.field == Field::attribute) key.attribute.emplace(by.path);
  if (by.field == Field::time) key.width_ns = width_of(by);
  return key;
}

std::string_view type_of(const Event& event) noexcept { return event.type; }
Timestamp time_of(const Trace& trace) noexcept { return trace.start_time; }
Timestamp time_of(const Span& span) noexcept { return span.start_time; }
Timestamp time_of(const Event& event) noexcept { return event.timestamp; }
Timestamp time_of(const Metric& metric) noexcept { return metric.timestamp; }

double seconds(std::int64_t ns) noexcept { return static_cast<double>(ns) / 1e9; }

template <class Record>
void append_key_of(std::string& out, const AggregatePlan::Key& key, const Record& record) {
  // The plan has none that the record lacks.
  switch (key.field) {
    case Field::name:
      return append_key_text(out, record.name);
    case Field::kind:
      if constexpr (requires { record.kind; }) append_key_text(out, to_string(record.kind));
      return;
    case Field::status:
      if constexpr (requires { record.status; }) append_key_text(out, to_string(record.status));
      return;
    case Field::error_type:
      if constexpr (requires { record.error_type; }) append_key_text(out, record.error_type);
      return;
    case Field::event_type:
      if constexpr (requires { type_of(record); }) append_key_text(out, type_of(record));
      return;
    case Field::unit:
      if constexpr (requires { record.unit; }) append_key_text(out, record.unit);
      return;
    case Field::trace_id:
      return record.trace_id.is_valid() ? append_key_text(out, record.trace_id.to_string()) : append_key_null(out);
    case Field::attribute: {
      const Value* value = key.attribute->find(record.attributes);
      return value != nullptr ? append_key(out, *value) : append_key_null(out);
    }
    case Field::time:
      return append_key_integer(out, bucket_begin(time_of(record).time_since_epoch().count(), key.width_ns));
  }
}

// Whether the first comes before the second; `number` is what the order goes by, if it is not the key.
class Before {
 public:
  explicit Before(const Aggregation& aggregation) noexcept : aggregation_(aggregation) {}

  [[nodiscard]] bool operator()(const Group& a, const Group& b) const {
    if (aggregation_.order != GroupOrder::key) {
      if (const auto by_number = compare_numbers(a, b); by_number != 0) return by_number < 0;
      return compare_keys(a.keys, b.keys) < 0;
    }
    const auto by_key = compare_keys(a.keys, b.keys);
    return aggregation_.descending ? by_key > 0 : by_key < 0;
  }

 private:
  [[nodiscard]] std::weak_ordering compare_numbers(const Group& a, const Group& b) const {
    switch (aggregation_.order) {
      case GroupOrder::errors:
        return directed(a.errors, b.errors);
      case GroupOrder::sum:
        return compare_doubles(a.sum, b.sum);
      case GroupOrder::p95:
        return compare_doubles(a.p95, b.p95);
      case GroupOrder::count:
      case GroupOrder::key:
        break;
    }
    return directed(a.count, b.count);
  }
  [[nodiscard]] std::weak_ordering compare_doubles(double a, double b) const {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) <=> std::isnan(b);
    return directed(a, b);
  }
  template <class Number>
  [[nodiscard]] std::weak_ordering directed(Number a, Number b) const {
    if (a == b) return std::weak_ordering::equivalent;
    return (a > b) == aggregation_.descending ? std::weak_ordering::less : std::weak_ordering::greater;
  }

  const Aggregation& aggregation_;
};

}  // namespace

AggregatePlan::AggregatePlan(RowKind kind, const Aggregation& aggregation) {
  if (aggregation.limit == 0) refuse("has a limit of 0; it must be 1 or more");
  if (aggregation.order > GroupOrder::key) refuse("has an order that is unknown");
  if (aggregation.by.size() > max_group_by) {
    refuse("is by " + std::to_string(aggregation.by.size()) + " things; at most " + std::to_string(max_group_by) +
           " are allowed");
  }
  for (const GroupBy& by : aggregation.by) keys_.push_back(prepare(kind, by));
  if (!aggregation.measure.empty()) measure_.emplace(aggregation.measure);
}

bool AggregatePlan::reads_attributes() const noexcept {
  return measure_ || std::any_of(keys_.begin(), keys_.end(), [](const Key& key) { return key.attribute.has_value(); });
}

AggregateState::AggregateState(const AggregatePlan& plan, const Aggregation& aggregation)
    : plan_(plan), aggregation_(aggregation) {
  if (plan.keys().empty()) static_cast<void>(new_entry({}));
}

template <class Record>
AggregateState::Entry& AggregateState::count_record(const Record& record, bool is_error) {
  key_.clear();
  for (const AggregatePlan::Key& key : plan_.keys()) append_key_of(key_, key, record);
  Entry& entry = count(key_, is_error);
  if (const AttributeReader* attribute = plan_.measure()) measure(entry, attribute->find(record.attributes));
  return entry;
}

void AggregateState::add(const Trace& trace) {
  Entry& entry = count_record(trace, trace.status == TraceStatus::failed);
  if (plan_.measure() == nullptr && trace.end_time) measure(entry, seconds(duration_ns(trace)));
}

void AggregateState::add(const Span& span) {
  Entry& entry = count_record(span, span.status == SpanStatus::failed);
  if (plan_.measure() == nullptr) measure(entry, seconds(duration_ns(span)));
}

void AggregateState::add(const Event& event) { static_cast<void>(count_record(event, false)); }

void AggregateState::add(const Metric& metric) {
  Entry& entry = count_record(metric, false);
  if (plan_.measure() != nullptr) return;
  if (metric.distribution) {
    measure(entry, *metric.distribution);
  } else {
    measure(entry, metric.value);
  }
}

AggregateState::Entry& AggregateState::count(std::string_view key, bool is_error) {
  const auto found = places_.find(key);
  Entry& entry = found != places_.end() ? entries_[found->second] : new_entry(key);
  ++entry.count;
  entry.errors += is_error ? 1 : 0;
  return entry;
}

AggregateState::Entry& AggregateState::new_entry(std::string_view key) {
  check_group_count(entries_.size() + 1);
  count_key_bytes(key.size());
  const auto place = places_.emplace(key, entries_.size()).first;
  Entry& entry = entries_.emplace_back();
  entry.key = &place->first;
  return entry;
}

// A store's own keys may be small where the public ones are not.
void AggregateState::resolve_keys(std::vector<Value>& keys, const Resolve& resolve) {
  resolve(keys);
  key_.clear();
  for (const Value& key : keys) append_key(key_, key);
  count_key_bytes(key_.size());
}

void AggregateState::measure(Entry& entry, const Distribution& distribution) {
  const std::size_t before = entry.measurements.held();
  entry.measurements.add(distribution);
  after_measuring(entry, before);
}

// The largest groups give way first: what a group may hold is halved until all fit, which they do at the latest when
// each holds the least.
void AggregateState::make_room(Entry& entry) {
  static_assert(least_room * max_aggregate_groups < max_aggregate_values);
  held_ -= entry.measurements.held();
  entry.measurements.hold_at_most(room_);
  held_ += entry.measurements.held();
  while (held_ > max_aggregate_values && room_ > least_room) {
    room_ = std::max(room_ / 2, least_room);
    held_ = 0;
    for (Entry& each : entries_) {
      each.measurements.hold_at_most(room_);
      held_ += each.measurements.held();
    }
  }
}

Groups AggregateState::take(const TimeLimit& limit, const Resolve& resolve) {
  if (resolve) key_bytes_ = 0;
  std::vector<Group> groups;
  groups.reserve(entries_.size());
  for (Entry& entry : entries_) {
    Group& group = groups.emplace_back();
    group.keys = read_keys(*entry.key);
    if (resolve) resolve_keys(group.keys, resolve);
    group.count = entry.count;
    group.errors = entry.errors;
    entry.measurements.summarize(group);
    limit.check();
  }
  Groups answer = ranked(std::move(groups), aggregation_);
  limit.check();
  return answer;
}

Groups ranked(std::vector<Group> groups, const Aggregation& aggregation) {
  std::sort(groups.begin(), groups.end(), Before(aggregation));
  Groups answer{std::move(groups)};
  answer.truncated = answer.rows.size() > aggregation.limit;
  if (answer.truncated) answer.rows.resize(aggregation.limit);
  return answer;
}

void check_group_count(std::size_t groups) {
  if (groups <= max_aggregate_groups) return;
  refuse("has more than " + std::to_string(max_aggregate_groups) + " groups; narrow the query, or group by less");
}

void check_key_bytes(std::size_t bytes) {
  if (bytes <= max_aggregate_key_bytes) return;
  refuse("has keys of more than " + std::to_string(max_aggregate_key_bytes) +
         " bytes; narrow the query, or group by less");
}

void check_aggregate_fields(RowKind kind, bool are_default) {
  if (are_default) return;
  refuse("looks at all " + std::string(plural(kind)) +
         " that match; the query's limit, offset, cursor, order and with_attributes must be left alone");
}

}  // namespace detail
}  // namespace spark
