#include "apps/sparktel/formats/json_lines.h"

#include <limits>

#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

// One object, its members in the order in which they are added.
class ObjectWriter {
 public:
  ObjectWriter(std::string& out, std::string_view kind) : out_(out) {
    out_ += "{\"kind\":\"";
    out_ += kind;
    out_ += '"';
  }
  ~ObjectWriter() { out_ += '}'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void text(std::string_view key, std::string_view value) {
    add_key(key);
    append_json_string(out_, value);
  }
  template <class Id>
  void id(std::string_view key, const Id& id) {
    add_key(key);
    out_ += id.is_valid() ? '"' + id.to_string() + '"' : "null";
  }
  void time(std::string_view key, Timestamp time) {
    add_key(key);
    out_ += '"' + std::to_string(time.time_since_epoch().count()) + '"';
  }
  void null(std::string_view key) {
    add_key(key);
    out_ += "null";
  }
  void boolean(std::string_view key, bool value) {
    add_key(key);
    out_ += value ? "true" : "false";
  }
  void number(std::string_view key, double value) {
    add_key(key);
    append_json_double(out_, value);
  }
  void object(std::string_view key, const Object& value) {
    add_key(key);
    append_json(out_, value);
  }
  // For what is written piece by piece.
  std::string& raw(std::string_view key) {
    add_key(key);
    return out_;
  }

 private:
  void add_key(std::string_view key) {
    out_ += ",\"";
    out_ += key;
    out_ += "\":";
  }

  std::string& out_;
};

void append_count(std::string& out, std::uint64_t count) {
  const bool is_exact = count <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  out += is_exact ? std::to_string(count) : '"' + std::to_string(count) + '"';
}

void append_buckets(std::string& out, const Distribution::Buckets& buckets) {
  out += "{\"offset\":" + std::to_string(buckets.offset) + ",\"counts\":[";
  for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
    if (i > 0) out += ',';
    append_count(out, buckets.counts[i]);
  }
  out += "]}";
}

void append_distribution(std::string& out, const Distribution& distribution) {
  out += "{\"count\":";
  append_count(out, distribution.count);
  out += ",\"sum\":";
  append_json_double(out, distribution.sum);
  out += ",\"scale\":" + std::to_string(distribution.scale) + ",\"zero_count\":";
  append_count(out, distribution.zero_count);
  out += ",\"positive\":";
  append_buckets(out, distribution.positive);
  out += ",\"negative\":";
  append_buckets(out, distribution.negative);
  out += '}';
}

}  // namespace

std::string json_lines_header() {
  return R"({"format":"spark-telemetry","version":)" + std::to_string(json_lines_version) + "}";
}

void append_json_line(std::string& out, const Trace& trace) {
  ObjectWriter line(out, "trace");
  line.id("trace_id", trace.trace_id);
  line.text("name", trace.name);
  line.time("start_ns", trace.start_time);
  trace.end_time ? line.time("end_ns", *trace.end_time) : line.null("end_ns");
  line.text("status", to_string(trace.status));
  line.id("root_span_id", trace.root_span_id);
  line.text("graph_hash", trace.graph_hash);
  line.boolean("partial", trace.partial);
  line.text("service", trace.service);
  line.object("attributes", trace.attributes);
}

void append_json_line(std::string& out, const Span& span) {
  ObjectWriter line(out, "span");
  line.id("span_id", span.span_id);
  line.id("trace_id", span.trace_id);
  line.id("parent_span_id", span.parent_span_id);
  line.text("name", span.name);
  line.text("span_kind", to_string(span.kind));
  line.time("start_ns", span.start_time);
  line.time("end_ns", span.end_time);
  line.text("status", to_string(span.status));
  line.text("status_message", span.status_message);
  line.text("error_type", span.error_type);
  line.text("service", span.service);
  line.object("attributes", span.attributes);
}

void append_json_line(std::string& out, const Event& event) {
  ObjectWriter line(out, "event");
  line.id("event_id", event.event_id);
  line.id("trace_id", event.trace_id);
  line.id("span_id", event.span_id);
  line.text("type", event.type);
  line.text("name", event.name);
  line.time("time_ns", event.timestamp);
  line.text("source", to_string(event.source));
  line.object("attributes", event.attributes);
}

void append_json_line(std::string& out, const Metric& metric) {
  ObjectWriter line(out, "metric");
  line.id("metric_id", metric.metric_id);
  line.id("trace_id", metric.trace_id);
  line.id("span_id", metric.span_id);
  line.text("name", metric.name);
  line.number("value", metric.value);
  line.text("unit", metric.unit);
  line.text("aggregation_type", to_string(metric.aggregation_type));
  line.time("time_ns", metric.timestamp);
  line.object("attributes", metric.attributes);
  if (metric.distribution) {
    append_distribution(line.raw("distribution"), *metric.distribution);
  } else {
    line.null("distribution");
  }
}

void append_json_line(std::string& out, const GraphDefinition& graph) {
  ObjectWriter line(out, "graph");
  line.text("hash", graph.hash);
  line.text("graph_id", graph.graph_id);
  line.text("version", graph.version);
  line.object("content", graph.content);
}

void JsonLinesWriter::begin(const std::function<Timestamp()>&) { out_ += json_lines_header() + "\n"; }

}  // namespace spark::sparktel
