// OTLP/JSON in lines, as the OpenTelemetry Collector's file exporter and receiver have it: each line is an
// Export…ServiceRequest of traces, metrics or logs (opentelemetry-proto, "OTLP JSON File"). What becomes what is in
// docs/otlp.md. For one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/sparktel/files/line_reader.h"
#include "apps/sparktel/formats/import_records.h"
#include "apps/sparktel/formats/record_writer.h"
#include "backends/otlp/encoder.h"
#include "spark/telemetry/batch.h"

namespace spark::sparktel {

// Holds one trace in memory, because its spans have their events inside.
class OtlpJsonWriter final : public RecordWriter {
 public:
  explicit OtlpJsonWriter(std::string& out);

  void begin(const std::function<Timestamp()>&) override {}
  void begin_trace(TraceId id, std::string_view name, const SpanScan& scan) override;
  void add(const Trace& trace) override;
  void add(const Span& span) override { spans_.push_back(span); }
  void add(const Event& event) override;
  void add(const Metric& metric) override { builder_.add(metric); }
  void add(const GraphDefinition& graph) override { builder_.add(GraphDefinition(graph)); }
  void end() override;
  [[nodiscard]] std::uint64_t refused() const noexcept override { return refused_; }

 private:
  void finish_trace();
  void add_local_root(const Span& span, const std::vector<Event>& events);
  void write();

  std::string& out_;
  detail::otlp::Encoder encoder_;
  BatchBuilder builder_;
  std::vector<Span> spans_;  // of the trace that is being written, as are the next two
  std::map<SpanId, std::vector<Event>> events_;
  SpanId local_root_;  // of a trace that began elsewhere
  std::uint64_t refused_ = 0;
};

// The first line of a file: whether it is one of OTLP/JSON, and not of sparktel's own.
[[nodiscard]] bool is_otlp_json(std::string_view line);

struct OtlpImportResult {
  std::uint64_t records = 0;
  std::uint64_t rejected = 0;  // that a store cannot keep
  std::string message = {};    // why the first of them were
};

// As import_records, for OTLP/JSON.
OtlpImportResult import_otlp_json(LineReader& lines, const std::string& name, const ImportSteps& steps);

}  // namespace spark::sparktel
