#include "backends/aggregate_reference.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "spark/base/json.h"

namespace spark::testing {
namespace {

// J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic": parts that do not overlap, whose sum is exact.
double exact_sum(const std::vector<double>& numbers) {
  std::vector<double> parts;
  double infinities = 0;
  for (double number : numbers) {
    if (std::isinf(number)) {
      infinities += number;
      continue;
    }
    std::vector<double> next;
    for (double part : parts) {
      if (std::fabs(number) < std::fabs(part)) std::swap(number, part);
      const double high = number + part;
      if (const double low = part - (high - number); low != 0) next.push_back(low);
      number = high;
    }
    next.push_back(number);
    parts = next;
  }
  if (infinities != 0) return infinities;
  double sum = 0;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) sum += *part;
  return sum;
}

// With an int for every double that equals one, so that equal values have equal JSON.
Value simplified(const Value& value) {
  if (value.is_double()) {
    const double number = value.as_double();
    if (std::isnan(number)) return std::nan("");
    for (const std::int64_t candidate : {static_cast<std::int64_t>(std::clamp(number, -9e18, 9e18)), INT64_MIN}) {
      if (Value(candidate) == value) return candidate;
    }
  }
  if (value.is_array()) {
    Array out;
    for (const Value& element : value.as_array()) out.push_back(simplified(element));
    return out;
  }
  if (value.is_object()) {
    Object out;
    for (const auto& member : value.as_object()) out.set(member.key, simplified(member.value));
    return out;
  }
  return value;
}

const Value* at_path(const Object& object, const std::vector<std::string>& path, std::size_t from = 0) {
  const Value* value = object.find(path[from]);
  if (value == nullptr || from + 1 == path.size()) return value;
  return value->is_object() ? at_path(value->as_object(), path, from + 1) : nullptr;
}

Value time_key(Timestamp time, Seconds width) {
  const std::int64_t ns = std::llround(width.count() * 1e9);
  std::int64_t begin = time.time_since_epoch().count() / ns * ns;
  if (begin > time.time_since_epoch().count()) begin -= ns;
  return begin;
}

// What the kinds of records have in common, and what they do not.
struct Facts {
  const Object& attributes;
  TraceId trace_id;
  Timestamp time;
  Value name, kind, status, error_type, event_type, unit;
  bool is_error;
  double own_number;
};

Facts facts(const Trace& trace) {
  return {trace.attributes,
          trace.trace_id,
          trace.start_time,
          trace.name,
          {},
          to_string(trace.status),
          {},
          {},
          {},
          trace.status == TraceStatus::failed,
          trace.end_time ? trace.duration().count() : std::nan("")};
}
Facts facts(const Span& span) {
  return {span.attributes,
          span.trace_id,
          span.start_time,
          span.name,
          to_string(span.kind),
          to_string(span.status),
          span.error_type,
          {},
          {},
          span.status == SpanStatus::failed,
          span.duration().count()};
}
Facts facts(const Event& event) {
  return {event.attributes, event.trace_id, event.timestamp, event.name, {}, {}, {}, event.type, {}, false,
          std::nan("")};
}
Facts facts(const Metric& metric) {
  return {metric.attributes, metric.trace_id, metric.timestamp, metric.name, {}, {}, {}, {},
          metric.unit,       false,           metric.value};
}

Value key(const Facts& record, const GroupBy& by) {
  switch (by.field) {
    case GroupBy::Field::name:
      return record.name;
    case GroupBy::Field::kind:
      return record.kind;
    case GroupBy::Field::status:
      return record.status;
    case GroupBy::Field::error_type:
      return record.error_type;
    case GroupBy::Field::event_type:
      return record.event_type;
    case GroupBy::Field::unit:
      return record.unit;
    case GroupBy::Field::trace_id:
      return record.trace_id.is_valid() ? Value(record.trace_id.to_string()) : Value();
    case GroupBy::Field::attribute: {
      const Value* found = at_path(record.attributes, by.path);
      return found != nullptr ? *found : Value();
    }
    case GroupBy::Field::time:
      return time_key(record.time, by.width);
  }
  return {};
}

struct Bag {
  Group group;
  std::vector<double> numbers;
};

void finish(Bag& bag) {
  auto& [group, numbers] = bag;
  std::sort(numbers.begin(), numbers.end());
  group.measured = numbers.size();
  group.sum = exact_sum(numbers);
  if (numbers.empty()) return;
  const auto rank = [&](double share) {
    return numbers[static_cast<std::size_t>(std::ceil(share * static_cast<double>(numbers.size()) - 1e-9)) - 1];
  };
  group.mean = group.sum / static_cast<double>(numbers.size());
  group.min = numbers.front();
  group.max = numbers.back();
  group.p50 = rank(0.50);
  group.p90 = rank(0.90);
  group.p95 = rank(0.95);
  group.p99 = rank(0.99);
}

bool key_less(const Value& a, const Value& b) {
  const auto rank = [](const Value& value) { return value.is_int() ? ValueType::number : value.type(); };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.is_array() || a.is_object()) return to_json(a) < to_json(b);
  if (a.is_number()) {
    const bool a_is_nan = std::isnan(a.as_double()), b_is_nan = std::isnan(b.as_double());
    if (a_is_nan || b_is_nan) return !a_is_nan && b_is_nan;
  }
  return a < b;
}

std::optional<double> rank_number(const Group& group, GroupOrder order) {
  switch (order) {
    case GroupOrder::count:
      return static_cast<double>(group.count);
    case GroupOrder::errors:
      return static_cast<double>(group.errors);
    case GroupOrder::sum:
      return group.sum;
    case GroupOrder::p95:
      return group.p95;
    case GroupOrder::key:
      break;
  }
  return std::nullopt;
}

Groups in_order(std::vector<Bag> bags, const Aggregation& aggregation) {
  Groups groups;
  for (Bag& bag : bags) {
    finish(bag);
    groups.rows.push_back(bag.group);
  }
  const auto by_keys = [](const Group& a, const Group& b) {
    return std::lexicographical_compare(a.keys.begin(), a.keys.end(), b.keys.begin(), b.keys.end(), key_less);
  };
  std::sort(groups.rows.begin(), groups.rows.end(), by_keys);
  if (aggregation.order == GroupOrder::key) {
    if (aggregation.descending) std::reverse(groups.rows.begin(), groups.rows.end());
    return groups;
  }
  std::stable_sort(groups.rows.begin(), groups.rows.end(), [&](const Group& a, const Group& b) {
    const double x = *rank_number(a, aggregation.order), y = *rank_number(b, aggregation.order);
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return aggregation.descending ? x > y : x < y;
  });
  return groups;
}

template <class Record>
Groups groups_of(const std::vector<Record>& records, const Aggregation& aggregation) {
  std::vector<Bag> bags;
  std::vector<std::string> names;
  if (aggregation.by.empty()) {
    bags.emplace_back();
    names.emplace_back();
  }
  for (const Record& each : records) {
    const Facts record = facts(each);
    std::vector<Value> keys;
    std::string name;
    for (const GroupBy& by : aggregation.by) name += to_json(keys.emplace_back(simplified(key(record, by)))) + ";";
    const auto place = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (place == names.size()) {
      names.push_back(name);
      bags.push_back({{.keys = keys}, {}});
    }
    Bag& bag = bags[place];
    ++bag.group.count;
    bag.group.errors += record.is_error ? 1 : 0;
    double number = record.own_number;
    if (!aggregation.measure.empty()) {
      const Value* found = at_path(record.attributes, aggregation.measure);
      number = found != nullptr && found->is_number() ? found->as_double() : std::nan("");
    }
    if (!std::isnan(number)) bag.numbers.push_back(number);
  }
  return in_order(std::move(bags), aggregation);
}

}  // namespace

Groups reference_groups(const std::vector<Trace>& traces, const Aggregation& aggregation) {
  return groups_of(traces, aggregation);
}
Groups reference_groups(const std::vector<Span>& spans, const Aggregation& aggregation) {
  return groups_of(spans, aggregation);
}
Groups reference_groups(const std::vector<Event>& events, const Aggregation& aggregation) {
  return groups_of(events, aggregation);
}
Groups reference_groups(const std::vector<Metric>& metrics, const Aggregation& aggregation) {
  return groups_of(metrics, aggregation);
}

}  // namespace spark::testing
