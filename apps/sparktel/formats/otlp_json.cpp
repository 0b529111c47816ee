#include "apps/sparktel/formats/otlp_json.h"

#include <memory>
#include <utility>

#include "ingest/otlp_decoder.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

using detail::ingest::Decoded;
using detail::ingest::OtlpDecoder;
using detail::otlp::Encoding;
using detail::otlp::Signal;

// A line of some hundred kilobytes.
constexpr std::size_t records_per_line = 1'000;

// Who recorded is not part of a record.
std::shared_ptr<const Resource> export_resource() {
  Resource resource;
  resource.service_name = "sparktel export";
  return std::make_shared<const Resource>(std::move(resource));
}

std::optional<Signal> signal_of(std::string_view line) {
  const auto first_key = line.find('"');
  if (first_key == std::string_view::npos || line.find_first_not_of(" \t{") != first_key) return std::nullopt;
  line.remove_prefix(first_key + 1);
  const std::string_view key = line.substr(0, line.find('"'));
  if (key == "resourceSpans" || key == "resource_spans") return Signal::traces;
  if (key == "resourceMetrics" || key == "resource_metrics") return Signal::metrics;
  if (key == "resourceLogs" || key == "resource_logs") return Signal::logs;
  return std::nullopt;
}

std::string place(const LineReader& lines, const std::string& name) {
  return name + " line " + std::to_string(lines.number()) + ": ";
}

// Calls `take` with what each line becomes.
template <class Take>
void each_request(LineReader& lines, const std::string& name, OtlpDecoder& decoder, const Take& take) {
  for (std::string_view line; lines.next(line);) {
    if (line.empty()) continue;
    const auto signal = signal_of(line);
    if (!signal) {
      throw Error(ErrorCode::invalid_argument,
                  place(lines, name) +
                      "expected OTLP/JSON, which begins with {\"resourceSpans\", {\"resourceMetrics\" or "
                      "{\"resourceLogs\"");
    }
    try {
      take(decoder.decode(*signal, Encoding::json, line));
    } catch (const Error& error) {
      throw Error(error.code(), place(lines, name) + error.what());
    }
  }
}

}  // namespace

OtlpJsonWriter::OtlpJsonWriter(std::string& out)
    : out_(out),
      // Deltas, so that the increments of a counter come back as increments.
      encoder_({.encoding = Encoding::json, .temporality = detail::otlp::Temporality::delta}),
      builder_(export_resource()) {}

void OtlpJsonWriter::begin_trace(TraceId, std::string_view, const SpanScan&) { finish_trace(); }

void OtlpJsonWriter::add(const Trace& trace) {
  if (trace.partial) {
    local_root_ = trace.root_span_id;
  } else {
    builder_.add(trace);
  }
}

void OtlpJsonWriter::add(const Event& event) {
  if (event.source == EventSource::span) {
    events_[event.span_id].push_back(event);
  } else {
    builder_.add(event);
  }
}

void OtlpJsonWriter::end() {
  finish_trace();
  write();
}

void OtlpJsonWriter::finish_trace() {
  for (const Span& span : std::exchange(spans_, {})) {
    const std::vector<Event> events = std::exchange(events_[span.span_id], {});
    if (local_root_.is_valid() && span.span_id == local_root_) {
      add_local_root(span, events);
    } else {
      builder_.add(span, events);
    }
  }
  // Those whose spans are not there.
  for (const auto& [span, events] : std::exchange(events_, {})) {
    for (const Event& event : events) builder_.add(event);
  }
  local_root_ = {};
  if (builder_.size() >= records_per_line) write();
}

// As BatchBuilder::add, and marked as what stands for its trace.
void OtlpJsonWriter::add_local_root(const Span& span, const std::vector<Event>& events) {
  BatchBuilder one(export_resource());
  one.add(span, events);
  const auto batch = one.build();
  SpanView view = batch->spans()[0];
  view.is_local_root = true;
  builder_.add(view);
  write();  // while the batch lives
}

void OtlpJsonWriter::write() {
  if (builder_.size() == 0) return;
  const detail::otlp::Requests requests = encoder_.encode(*builder_.build());
  encoder_.commit();
  refused_ += requests.refused;
  for (const std::string& body : requests.bodies) {
    if (!body.empty()) out_.append(body).push_back('\n');
  }
}

bool is_otlp_json(std::string_view line) { return signal_of(line).has_value(); }

OtlpImportResult import_otlp_json(LineReader& lines, const std::string& name, const ImportSteps& steps) {
  const bool is_checked_first = lines.can_rewind();
  const auto report = [&](double bytes_before) { tell_progress(steps, lines, bytes_before); };
  if (is_checked_first) {
    OtlpDecoder trial;
    each_request(lines, name, trial, [&](const Decoded&) { report(0); });
    lines.rewind();
  }
  OtlpImportResult result;
  OtlpDecoder decoder;
  Store& store = steps.open();
  each_request(lines, name, decoder, [&](const Decoded& decoded) {
    for (const auto& batch : decoded.batches) {
      store.write(*batch);
      result.records += batch->size();
    }
    result.rejected += decoded.rejected;
    if (result.message.empty()) result.message = decoded.message;
    report(static_cast<double>(lines.size_bytes()));
  });
  return result;
}

}  // namespace spark::sparktel
