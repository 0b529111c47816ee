#include "apps/sparktel/formats/csv.h"

#include <fmt/format.h>

#include <cmath>

#include "apps/sparktel/views/record_json.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

std::string_view header_of(CsvTable table) {
  switch (table) {
    case CsvTable::traces:
      return "trace_id,name,start_time,end_time,duration,status,attributes,root_span_id,graph_hash,partial\r\n";
    case CsvTable::spans:
      return "span_id,trace_id,parent_span_id,name,kind,start_time,end_time,duration,status,status_message,error_type,"
             "attributes\r\n";
    case CsvTable::events:
      return "event_id,trace_id,span_id,type,name,timestamp,source,attributes\r\n";
    case CsvTable::metrics:
      return "metric_id,trace_id,span_id,name,value,unit,aggregation_type,timestamp,attributes,distribution\r\n";
    case CsvTable::graphs:
      return "hash,graph_id,version,content\r\n";
  }
  return {};
}

// One line; ends with its scope.
class CsvLine {
 public:
  explicit CsvLine(std::string& out) : out_(out) {}
  ~CsvLine() { out_ += "\r\n"; }
  CsvLine(const CsvLine&) = delete;
  CsvLine& operator=(const CsvLine&) = delete;

  void text(std::string_view text) {
    separate();
    append_csv_text(out_, text);
  }
  // What cannot be a formula and needs no quotes.
  void plain(std::string_view text) {
    separate();
    out_ += text;
  }
  template <class Id>
  void id(const Id& id) {
    plain(id.is_valid() ? id.to_string() : std::string());
  }
  void time(Timestamp time) { plain(to_iso8601(time)); }
  void seconds(std::chrono::nanoseconds duration) {
    constexpr std::uint64_t second = 1'000'000'000;
    const std::int64_t count = duration.count();
    const auto size = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    plain(fmt::format("{}{}.{:09}", count < 0 ? "-" : "", size / second, size % second));
  }
  void json(const Object& object) { text(to_json(object)); }

 private:
  void separate() {
    if (!is_first_) out_ += ',';
    is_first_ = false;
  }

  std::string& out_;
  bool is_first_ = true;
};

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text;
  append_json_double(text, value);
  return text;
}

std::string distribution_text(const std::optional<Distribution>& distribution) {
  if (!distribution) return {};
  return to_json(Object{{"count", distribution->count},
                        {"sum", distribution->sum},
                        {"scale", distribution->scale},
                        {"zero_count", distribution->zero_count},
                        {"positive", to_object(distribution->positive)},
                        {"negative", to_object(distribution->negative)}});
}

}  // namespace

void append_csv_text(std::string& out, std::string_view text) {
  const bool is_formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  const bool is_quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (is_quoted) out += '"';
  if (is_formula) out += '\'';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  if (is_quoted) out += '"';
}

void CsvWriter::begin(const std::function<Timestamp()>&) { out_ += header_of(table_); }

void CsvWriter::add(const Trace& trace) {
  if (table_ != CsvTable::traces) return;
  CsvLine line(out_);
  line.id(trace.trace_id);
  line.text(trace.name);
  line.time(trace.start_time);
  if (trace.end_time) {
    line.time(*trace.end_time);
    line.seconds(elapsed(trace.start_time, *trace.end_time));
  } else {
    line.plain("");
    line.plain("");
  }
  line.plain(to_string(trace.status));
  line.json(trace.attributes);
  line.id(trace.root_span_id);
  line.text(trace.graph_hash);
  line.plain(trace.partial ? "1" : "0");
}

void CsvWriter::add(const Span& span) {
  if (table_ != CsvTable::spans) return;
  CsvLine line(out_);
  line.id(span.span_id);
  line.id(span.trace_id);
  line.id(span.parent_span_id);
  line.text(span.name);
  line.plain(to_string(span.kind));
  line.time(span.start_time);
  line.time(span.end_time);
  line.seconds(elapsed(span.start_time, span.end_time));
  line.plain(to_string(span.status));
  line.text(span.status_message);
  line.text(span.error_type);
  line.json(span.attributes);
}

void CsvWriter::add(const Event& event) {
  if (table_ != CsvTable::events) return;
  CsvLine line(out_);
  line.id(event.event_id);
  line.id(event.trace_id);
  line.id(event.span_id);
  line.text(event.type);
  line.text(event.name);
  line.time(event.timestamp);
  line.plain(to_string(event.source));
  line.json(event.attributes);
}

void CsvWriter::add(const Metric& metric) {
  if (table_ != CsvTable::metrics) return;
  CsvLine line(out_);
  line.id(metric.metric_id);
  line.id(metric.trace_id);
  line.id(metric.span_id);
  line.text(metric.name);
  line.plain(number_text(metric.value));
  line.text(metric.unit);
  line.plain(to_string(metric.aggregation_type));
  line.time(metric.timestamp);
  line.json(metric.attributes);
  line.text(distribution_text(metric.distribution));
}

void CsvWriter::add(const GraphDefinition& graph) {
  if (table_ != CsvTable::graphs) return;
  CsvLine line(out_);
  line.text(graph.hash);
  line.text(graph.graph_id);
  line.text(graph.version);
  line.json(graph.content);
}

}  // namespace spark::sparktel
