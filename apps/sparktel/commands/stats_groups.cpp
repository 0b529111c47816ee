#include "apps/sparktel/commands/stats_groups.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

constexpr double shortest = 1e-9;  // the clock's step: zero has no logarithm

std::string label_of(const Value& key, const GroupBy& by) {
  if (by.field == GroupBy::Field::time) return format_time(bucket_start(key));
  if (key.is_null()) return "(none)";
  if (key.is_string()) return key.as_string().empty() ? "(none)" : key.as_string();
  return to_json(key);
}

// As the store writes a group's key: a number that an int equals as that int, within arrays and objects too.
Value as_key(const Value& value) {
  if (value.is_double()) {
    constexpr double end = 9'223'372'036'854'775'808.0;  // the first that no int has
    const double number = value.as_double();
    const bool has_int = number >= -end && number < end && std::trunc(number) == number;
    return has_int ? Value(static_cast<std::int64_t>(number)) : value;
  }
  if (value.is_array()) {
    Array array;
    for (const Value& element : value.as_array()) array.push_back(as_key(element));
    return array;
  }
  if (value.is_object()) {
    std::vector<Object::Member> members;
    for (const Object::Member& member : value.as_object()) members.emplace_back(member.key, as_key(member.value));
    return Object(std::move(members));
  }
  return value;
}

// Equal for what the store takes for one group. JSON tells values of all types apart.
std::string identity(const Value& value) { return to_json(as_key(value)); }

const Value* find_attribute(const Object& attributes, const std::vector<std::string>& path) {
  const Object* object = &attributes;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const Value* const inner = object->find(path[i]);
    if (inner == nullptr || !inner->is_object()) return nullptr;
    object = &inner->as_object();
  }
  return object->find(path.back());
}

Value bucket_of(Timestamp time, const GroupBy& by) {
  const std::int64_t width = std::chrono::round<std::chrono::nanoseconds>(by.width).count();
  const std::int64_t since = time.time_since_epoch().count();
  const std::int64_t over = since % width;
  const std::int64_t since_begin = over < 0 ? over + width : over;
  // As the store has it: the bucket that would begin before the first moment there is begins with it.
  constexpr std::int64_t first = std::numeric_limits<std::int64_t>::min();
  return since < first + since_begin ? first : since - since_begin;
}

template <class Record>
Value common_key(const Record& record, const GroupBy& by) {
  switch (by.field) {
    case GroupBy::Field::name:
      return record.name;
    case GroupBy::Field::status:
      return to_string(record.status);
    case GroupBy::Field::trace_id:
      return record.trace_id.is_valid() ? Value(record.trace_id.to_string()) : Value();
    case GroupBy::Field::time:
      return bucket_of(record.start_time, by);
    case GroupBy::Field::attribute: {
      const Value* const value = find_attribute(record.attributes, by.path);
      return value != nullptr ? *value : Value();
    }
    default:
      return {};
  }
}

Value key_of(const Trace& trace, const GroupBy& by) { return common_key(trace, by); }

Value key_of(const Span& span, const GroupBy& by) {
  if (by.field == GroupBy::Field::kind) return to_string(span.kind);
  if (by.field == GroupBy::Field::error_type) return span.error_type;
  return common_key(span, by);
}

// Counts durations into the histograms of the groups that are shown.
class Counting {
 public:
  Counting(StatsGroups& groups, const GroupBy& by) : by_(by), scale_(*groups.scale) {
    for (StatsGroup& group : groups.rows) {
      group.histogram.assign(scale_.cells(), 0);
      histograms_.emplace(identity(group.numbers.keys.front()), &group.histogram);
    }
  }

  template <class Record>
  void add(const Record& record) {
    const auto found = histograms_.find(identity(key_of(record, by_)));
    if (found != histograms_.end()) ++(*found->second)[scale_.cell_of(record.duration().count())];
  }

 private:
  const GroupBy& by_;
  const LogScale& scale_;
  std::unordered_map<std::string, std::vector<std::uint64_t>*> histograms_;
};

// A store does not count by duration, and percentiles do not tell two humps from one; so the durations are read once
// more, one by one, without attributes where nothing asks for them.
void count_spans(Store& store, const SpanQuery& query, Counting& counting) {
  store.each_span(query, [&](const Span& span) {
    counting.add(span);
    return true;
  });
}

void count_traces(Store& store, TraceQuery query, Counting& counting) {
  while (true) {
    const Page<Trace> page = store.query_traces(query);
    for (const Trace& trace : page) {
      if (trace.end_time) counting.add(trace);
    }
    if (!page.truncated) return;
    query.cursor = page.cursor;
  }
}

Groups aggregate(Store& store, const StatsRequest& request, const QueryOptions& options) {
  const bool is_time = request.by.field == GroupBy::Field::time;
  // Of times the newest are kept; they are shown in the other direction.
  const Aggregation aggregation{
      .by = {request.by}, .order = is_time ? GroupOrder::key : request.order, .limit = request.query.limit};
  switch (request.of) {
    case RecordType::traces:
      return store.aggregate_traces(trace_query(options, store), aggregation);
    case RecordType::spans:
      return store.aggregate_spans(span_query(options, store), aggregation);
    case RecordType::events:
      return store.aggregate_events(event_query(options, store), aggregation);
    case RecordType::metrics:
      return store.aggregate_metrics(metric_query(options, store), aggregation);
  }
  return {};
}

std::optional<LogScale> scale_of(const std::vector<StatsGroup>& rows) {
  double low = INFINITY;
  double high = 0;
  for (const StatsGroup& row : rows) {
    if (row.numbers.measured == 0) continue;
    low = std::min(low, std::max(row.numbers.min, shortest));
    high = std::max(high, std::max(row.numbers.max, shortest));
  }
  if (high == 0) return std::nullopt;
  return LogScale(low, high, histogram_cells);
}

}  // namespace

GroupBy parse_group_by(std::string_view text) {
  constexpr std::string_view attribute_prefix = "attribute:";
  if (text.starts_with(attribute_prefix)) {
    return {GroupBy::Field::attribute, parse_attribute_path(text.substr(attribute_prefix.size())), {}};
  }
  if (text == "name") return group_by_name();
  if (text == "kind") return group_by_kind();
  if (text == "status") return group_by_status();
  if (text == "error_type") return group_by_error_type();
  if (text == "type") return group_by_event_type();
  if (text == "unit") return group_by_unit();
  if (text == "trace") return group_by_trace_id();
  if (text == "minute") return group_by_time(std::chrono::minutes(1));
  if (text == "hour") return group_by_time(std::chrono::hours(1));
  if (text == "day") return group_by_time(std::chrono::days(1));
  throw Error(ErrorCode::invalid_argument, "\"" + printable(text) +
                                               "\" is nothing to group by: expected name, kind, status, error_type, "
                                               "type, unit, trace, minute, hour, day or attribute:KEY");
}

StatsGroups read_stats(Store& store, const StatsRequest& request) {
  QueryOptions options = request.query;
  options.limit = default_query_limit;  // that of the request is of groups
  Groups groups = aggregate(store, request, options);
  StatsGroups result{.truncated = groups.truncated};
  for (Group& group : groups.rows) {
    std::string label = label_of(group.keys.front(), request.by);
    result.rows.push_back({.label = std::move(label), .numbers = std::move(group)});
  }
  if (request.by.field == GroupBy::Field::time) std::reverse(result.rows.begin(), result.rows.end());
  const bool has_durations = request.of == RecordType::spans || request.of == RecordType::traces;
  if (has_durations) result.scale = scale_of(result.rows);
  if (!result.scale) return result;
  Counting counting(result, request.by);
  const bool with_attributes = request.by.field == GroupBy::Field::attribute;
  if (request.of == RecordType::spans) {
    SpanQuery query = span_query(options, store);
    query.with_attributes = with_attributes;
    count_spans(store, query, counting);
  } else {
    TraceQuery query = trace_query(options, store);
    query.with_attributes = with_attributes;
    count_traces(store, query, counting);
  }
  return result;
}

}  // namespace spark::sparktel
