#include "apps/sparktel/formats/chrome_trace.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

std::int64_t ns_of(Timestamp time) { return time.time_since_epoch().count(); }

void append_member(std::string& out, std::string_view key, std::string_view text) {
  out += ",\"";
  out += key;
  out += "\":";
  append_json_string(out, text);
}

}  // namespace

void ChromeTraceWriter::begin(const std::function<Timestamp()>& first) {
  const Timestamp zero = first();
  first_ = zero;
  out_ += R"({"displayTimeUnit":"ns","otherData":{"format":"spark-telemetry","first_record":")" + to_iso8601(zero) +
          "\"},\"traceEvents\":[";
}

void ChromeTraceWriter::begin_trace(TraceId id, std::string_view name, const SpanScan& scan) {
  ++process_;
  std::vector<LaneSpan> spans;
  scan([&](const Span& span) {
    const std::int64_t start = ns_of(span.start_time);
    spans.push_back({start, std::max(start, ns_of(span.end_time)), span.span_id, span.parent_span_id});
  });
  lanes_ = Lanes(std::move(spans));
  const std::string shown = name.empty() ? "trace" : std::string(name);
  process_name_ = id.is_valid() ? shown + " " + id.to_string() : "without a trace";
}

void ChromeTraceWriter::name_process() {
  if (process_name_.empty()) return;
  add_metadata("process_name", std::exchange(process_name_, {}), 0);
  for (std::uint32_t lane = 0; lane < lanes_.size(); ++lane) {
    add_metadata("thread_name", "lane " + std::to_string(lane + 1), lane + 1);
  }
}

void ChromeTraceWriter::add(const Span& span) {
  const std::optional<std::uint32_t> lane = lanes_.lane_of(span.span_id);
  if (!lane) return;
  name_process();
  begin_event("X", span.name);
  append_member(out_, "cat", to_string(span.kind));
  out_ += ",\"ts\":";
  append_time(elapsed(first_, span.start_time));
  out_ += ",\"dur\":";
  append_time(std::max(elapsed(span.start_time, span.end_time), std::chrono::nanoseconds(0)));
  add_place(*lane + 1);
  out_ +=
      ",\"args\":{\"span_id\":\"" + span.span_id.to_string() + "\",\"trace_id\":\"" + span.trace_id.to_string() + '"';
  if (span.parent_span_id.is_valid()) append_member(out_, "parent_span_id", span.parent_span_id.to_string());
  append_member(out_, "status", to_string(span.status));
  if (!span.status_message.empty()) append_member(out_, "status_message", span.status_message);
  if (!span.error_type.empty()) append_member(out_, "error_type", span.error_type);
  if (!span.attributes.empty()) {
    out_ += ",\"attributes\":";
    append_json(out_, span.attributes);
  }
  out_ += "}}";
}

void ChromeTraceWriter::add(const Event& event) {
  const std::optional<std::uint32_t> lane = lanes_.lane_of(event.span_id);
  name_process();
  begin_event("i", event.name);
  append_member(out_, "cat", event.type.empty() ? to_string(event.source) : std::string_view(event.type));
  // Drawn on its span's lane; one of the trace alone over all lanes of it.
  append_member(out_, "s", lane ? "t" : "p");
  out_ += ",\"ts\":";
  append_time(elapsed(first_, event.timestamp));
  add_place(lane ? *lane + 1 : 1);
  out_ += ",\"args\":{\"event_id\":\"" + event.event_id.to_string() + '"';
  if (event.span_id.is_valid()) append_member(out_, "span_id", event.span_id.to_string());
  if (!event.attributes.empty()) {
    out_ += ",\"attributes\":";
    append_json(out_, event.attributes);
  }
  out_ += "}}";
}

void ChromeTraceWriter::end() { out_ += "\n]}\n"; }

void ChromeTraceWriter::begin_event(std::string_view phase, std::string_view name) {
  out_ += is_first_event_ ? "\n{\"ph\":\"" : ",\n{\"ph\":\"";
  is_first_event_ = false;
  out_ += phase;
  out_ += "\",\"name\":";
  append_json_string(out_, name);
}

void ChromeTraceWriter::add_place(std::uint64_t thread) {
  out_ += ",\"pid\":" + std::to_string(process_) + ",\"tid\":" + std::to_string(thread);
}

void ChromeTraceWriter::add_metadata(std::string_view what, std::string_view name, std::uint64_t thread) {
  begin_event("M", what);
  add_place(thread);
  out_ += ",\"args\":{\"name\":";
  append_json_string(out_, name);
  out_ += "}}";
}

void ChromeTraceWriter::append_time(std::chrono::nanoseconds time) {
  const std::int64_t ns = time.count();
  const bool is_negative = ns < 0;
  const auto size = is_negative ? 0 - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  const std::string decimals = std::to_string(size % 1'000);
  if (is_negative) out_ += '-';
  out_ += std::to_string(size / 1'000) + '.' + std::string(3 - decimals.size(), '0') + decimals;
}

}  // namespace spark::sparktel
