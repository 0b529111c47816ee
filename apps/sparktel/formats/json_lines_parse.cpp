#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <utility>

#include "apps/sparktel/formats/json_lines.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

// What is recorded is at most 61 deep, and what a store reads at most 1,000, where an object whose only key begins with
// "$" counts as two (json.h). The line's own object is one more.
constexpr int max_depth = 500;

// OpenTelemetry data model, "ExponentialHistogram": the scales that implementations have.
constexpr std::int32_t smallest_scale = -10, largest_scale = 20;

[[noreturn]] void expected(const std::string& what) { throw Error(ErrorCode::invalid_argument, "expected " + what); }

// The whole text as a number, or an error that names the member.
template <class Integer>
Integer integer_of(std::string_view key, std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    expected("an integer in \"" + std::string(key) + "\", found \"" + std::string(text.substr(0, 40)) + '"');
  }
  return value;
}

// A 64-bit integer, which may be written as a string of digits.
template <class Integer>
Integer integer_of(std::string_view key, const Value& value) {
  if (value.is_string()) return integer_of<Integer>(key, std::string_view(value.as_string()));
  if (!value.is_int() || !std::in_range<Integer>(value.as_int())) {
    expected("an integer in \"" + std::string(key) + "\", found " + std::string(to_string(value.type())));
  }
  return static_cast<Integer>(value.as_int());
}

// Takes an object's members one after the other. What is left over at the end is an error: a member with a wrong name
// would otherwise be lost in silence.
class Members {
 public:
  Members(Object object, std::string name) : object_(std::move(object)), name_(std::move(name)) {}

  [[nodiscard]] Value required(std::string_view key) {
    Value* const value = object_.find(key);
    if (value == nullptr) expected("a member \"" + std::string(key) + "\" in a " + name_);
    Value result = std::move(*value);
    object_.erase(key);
    return result;
  }
  // Null if it is missing.
  [[nodiscard]] Value optional(std::string_view key) { return object_.contains(key) ? required(key) : Value(); }

  [[nodiscard]] std::string text(std::string_view key, bool is_required = false) {
    Value value = is_required ? required(key) : optional(key);
    if (value.is_null() && !is_required) return {};
    if (!value.is_string()) wrong_type(key, "a string", value);
    return std::move(value.as_string());
  }
  template <class Id>
  [[nodiscard]] Id id(std::string_view key, bool is_required = false) {
    const Value value = is_required ? required(key) : optional(key);
    if (value.is_null() && !is_required) return {};
    if (!value.is_string()) wrong_type(key, "an id", value);
    Id id;
    try {
      id = Id::parse(value.as_string());
    } catch (const Error& error) {
      expected("an id in \"" + std::string(key) + "\": " + error.what());
    }
    // Zero stands for none, and would lie among what belongs to no trace.
    if (is_required && id == Id()) expected("an id other than zero in \"" + std::string(key) + '"');
    return id;
  }
  [[nodiscard]] Timestamp time(std::string_view key) { return time_of(key, required(key)); }
  [[nodiscard]] std::optional<Timestamp> optional_time(std::string_view key) {
    const Value value = optional(key);
    if (value.is_null()) return std::nullopt;
    return time_of(key, value);
  }
  [[nodiscard]] bool boolean(std::string_view key) {
    const Value value = optional(key);
    if (value.is_null()) return false;
    if (!value.is_bool()) wrong_type(key, "true or false", value);
    return value.as_bool();
  }
  [[nodiscard]] double number(std::string_view key) {
    const Value value = required(key);
    if (!value.is_number()) wrong_type(key, "a number", value);
    return value.as_double();
  }
  [[nodiscard]] Object object(std::string_view key) {
    Value value = optional(key);
    if (value.is_null()) return {};
    if (!value.is_object()) wrong_type(key, "an object", value);
    return std::move(value.as_object());
  }
  // One of the names that `parse` knows; what is missing has the value `missing`.
  template <class Enum>
  [[nodiscard]] Enum one_of(std::string_view key, Enum (*parse)(std::string_view), Enum missing) {
    const std::string name = text(key);
    if (name.empty()) return missing;
    try {
      return parse(name);
    } catch (const Error& error) {
      expected("a name in \"" + std::string(key) + "\": " + error.what());
    }
  }

  void check_all_taken() const {
    if (!object_.empty()) expected("no member \"" + object_.begin()->key + "\" in a " + name_);
  }

 private:
  [[noreturn]] static void wrong_type(std::string_view key, const char* wanted, const Value& value) {
    expected(std::string(wanted) + " in \"" + std::string(key) + "\", found " + std::string(to_string(value.type())));
  }
  [[nodiscard]] static Timestamp time_of(std::string_view key, const Value& value) {
    return Timestamp(std::chrono::nanoseconds(integer_of<std::int64_t>(key, value)));
  }

  Object object_;
  std::string name_;
};

Distribution::Buckets buckets_of(const std::string& name, Object object) {
  Members members(std::move(object), name);
  Distribution::Buckets buckets;
  buckets.offset = integer_of<std::int32_t>("offset", members.required("offset"));
  const Value counts = members.required("counts");
  if (!counts.is_array()) expected("an array in \"counts\", found " + std::string(to_string(counts.type())));
  buckets.counts.reserve(counts.as_array().size());
  for (const Value& count : counts.as_array()) buckets.counts.push_back(integer_of<std::uint64_t>("counts", count));
  members.check_all_taken();
  return buckets;
}

std::optional<Distribution> distribution_of(Value value) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) expected("an object in \"distribution\", found " + std::string(to_string(value.type())));
  Members members(std::move(value.as_object()), "distribution");
  Distribution distribution;
  distribution.count = integer_of<std::uint64_t>("count", members.required("count"));
  distribution.sum = members.number("sum");
  distribution.scale = integer_of<std::int32_t>("scale", members.required("scale"));
  if (distribution.scale < smallest_scale || distribution.scale > largest_scale) {
    expected("a \"scale\" from -10 to 20, found " + std::to_string(distribution.scale));
  }
  distribution.zero_count = integer_of<std::uint64_t>("zero_count", members.required("zero_count"));
  distribution.positive = buckets_of("positive", members.object("positive"));
  distribution.negative = buckets_of("negative", members.object("negative"));
  members.check_all_taken();
  return distribution;
}

Trace trace_of(Members& members) {
  Trace trace;
  trace.trace_id = members.id<TraceId>("trace_id", true);
  trace.name = members.text("name", true);
  trace.start_time = members.time("start_ns");
  trace.end_time = members.optional_time("end_ns");
  trace.status =
      members.one_of("status", parse_trace_status, trace.end_time ? TraceStatus::completed : TraceStatus::started);
  trace.root_span_id = members.id<SpanId>("root_span_id");
  trace.graph_hash = members.text("graph_hash");
  trace.partial = members.boolean("partial");
  trace.service = members.text("service");
  trace.attributes = members.object("attributes");
  if (!trace.end_time && trace.status != TraceStatus::started) {
    expected("an integer in \"end_ns\" of a trace that is " + std::string(to_string(trace.status)));
  }
  if (trace.end_time && trace.status == TraceStatus::started) {
    expected("no \"end_ns\" in a trace that is started: completed, failed or cancelled traces have an end");
  }
  // A store makes such a trace of its root span, which has both.
  if (trace.partial && !trace.root_span_id.is_valid()) expected("an id in \"root_span_id\" of a partial trace");
  if (trace.partial && !trace.end_time) expected("an integer in \"end_ns\" of a partial trace");
  return trace;
}

Span span_of(Members& members) {
  Span span;
  span.span_id = members.id<SpanId>("span_id", true);
  span.trace_id = members.id<TraceId>("trace_id");
  span.parent_span_id = members.id<SpanId>("parent_span_id");
  span.name = members.text("name", true);
  span.kind = members.one_of("span_kind", parse_span_kind, SpanKind::INTERNAL);
  span.start_time = members.time("start_ns");
  span.end_time = members.time("end_ns");
  span.status = members.one_of("status", parse_span_status, SpanStatus::completed);
  span.status_message = members.text("status_message");
  span.error_type = members.text("error_type");
  span.service = members.text("service");
  span.attributes = members.object("attributes");
  return span;
}

EventSource parse_event_source(std::string_view name) {
  for (const EventSource source : {EventSource::recorded, EventSource::span}) {
    if (name == to_string(source)) return source;
  }
  throw Error(ErrorCode::invalid_argument, "\"" + std::string(name) + "\" is neither recorded nor span");
}

Event event_of(Members& members) {
  Event event;
  event.event_id = members.id<EventId>("event_id", true);
  event.trace_id = members.id<TraceId>("trace_id");
  event.span_id = members.id<SpanId>("span_id");
  event.type = members.text("type");
  event.name = members.text("name", true);
  event.timestamp = members.time("time_ns");
  event.source = members.one_of("source", parse_event_source, EventSource::recorded);
  event.attributes = members.object("attributes");
  return event;
}

Metric metric_of(Members& members) {
  Metric metric;
  metric.metric_id = members.id<MetricId>("metric_id", true);
  metric.trace_id = members.id<TraceId>("trace_id");
  metric.span_id = members.id<SpanId>("span_id");
  metric.name = members.text("name", true);
  metric.value = members.number("value");
  metric.unit = members.text("unit");
  metric.aggregation_type = members.one_of("aggregation_type", parse_aggregation_type, AggregationType::gauge);
  metric.timestamp = members.time("time_ns");
  metric.attributes = members.object("attributes");
  metric.distribution = distribution_of(members.optional("distribution"));
  return metric;
}

GraphDefinition graph_of(Members& members) {
  GraphDefinition graph;
  graph.hash = members.text("hash", true);
  graph.graph_id = members.text("graph_id");
  graph.version = members.text("version");
  graph.content = members.object("content");
  return graph;
}

bool has_zero(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool has_zero(const Value& value) {
  if (value.is_string()) return has_zero(std::string_view(value.as_string()));
  if (value.is_array()) {
    const Array& array = value.as_array();
    return std::any_of(array.begin(), array.end(), [](const Value& element) { return has_zero(element); });
  }
  if (!value.is_object()) return false;
  const Object& object = value.as_object();
  return std::any_of(object.begin(), object.end(), [](const Object::Member& member) {
    return has_zero(std::string_view(member.key)) || has_zero(member.value);
  });
}

Object object_of(std::string_view line) {
  Value value;
  try {
    value = parse_json(line, max_depth);
  } catch (const Error& error) {
    expected(std::string("one JSON object: ") + error.what());
  }
  if (!value.is_object()) expected("one JSON object, found " + std::string(to_string(value.type())));
  // Stores that end a text there would lose the rest. The walk is for the few lines that may have one.
  if (line.find("\\u0000") != std::string_view::npos && has_zero(value)) expected("no U+0000 in any text or key");
  return std::move(value.as_object());
}

}  // namespace

void check_json_lines_header(std::string_view line) {
  constexpr const char* wanted = R"(the header {"format":"spark-telemetry","version":1} of sparktel export)";
  Object object;
  try {
    object = object_of(line);
  } catch (const Error&) {
    expected(wanted);
  }
  const Value* const format = object.find("format");
  const Value* const version = object.find("version");
  if (format == nullptr || *format != Value("spark-telemetry") || version == nullptr || !version->is_int()) {
    expected(wanted);
  }
  if (version->as_int() == json_lines_version) return;
  throw Error(version->as_int() > json_lines_version ? ErrorCode::too_new : ErrorCode::invalid_argument,
              "the format is version " + std::to_string(version->as_int()) + ", this program knows version " +
                  std::to_string(json_lines_version) + "; update this program");
}

Record parse_json_line(std::string_view line) {
  Object object = object_of(line);
  const Value* const kind = object.find("kind");
  const std::string name = kind != nullptr && kind->is_string() ? kind->as_string() : std::string();
  object.erase("kind");
  Members members(std::move(object), name);
  const auto complete = [&](Record record) {
    members.check_all_taken();
    return record;
  };
  if (name == "trace") return complete(trace_of(members));
  if (name == "span") return complete(span_of(members));
  if (name == "event") return complete(event_of(members));
  if (name == "metric") return complete(metric_of(members));
  if (name == "graph") return complete(graph_of(members));
  expected(R"("kind" to be "trace", "span", "event", "metric" or "graph")");
}

}  // namespace spark::sparktel
