// JSON lines: a header line, then one object a line, which comes back as the record it was. docs/command-line.md has
// the format. Members are always there and always in the same order, so equal records give equal lines. What JavaScript
// and jq would round is a string: times (nanoseconds since the epoch) and counts beyond 63 bits. Values are as in
// spark/base/json.h. Free functions without state, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "apps/sparktel/formats/record_writer.h"
#include "spark/telemetry/records.h"

namespace spark::sparktel {

inline constexpr int json_lines_version = 1;

using Record = std::variant<Trace, Span, Event, Metric, GraphDefinition>;

// Without a line end, as all lines here.
[[nodiscard]] std::string json_lines_header();
void append_json_line(std::string& out, const Trace& trace);
void append_json_line(std::string& out, const Span& span);
void append_json_line(std::string& out, const Event& event);
void append_json_line(std::string& out, const Metric& metric);
void append_json_line(std::string& out, const GraphDefinition& graph);

// Throws Error: invalid_argument (not such a header), too_new (of a later version).
void check_json_lines_header(std::string_view line);
// Members may be in any order; those that can be empty or null may be missing. Throws Error(invalid_argument) that says
// what was expected.
[[nodiscard]] Record parse_json_line(std::string_view line);

class JsonLinesWriter final : public RecordWriter {
 public:
  explicit JsonLinesWriter(std::string& out) : out_(out) {}

  void begin(const std::function<Timestamp()>& first) override;
  void add(const Trace& trace) override { add_line(trace); }
  void add(const Span& span) override { add_line(span); }
  void add(const Event& event) override { add_line(event); }
  void add(const Metric& metric) override { add_line(metric); }
  void add(const GraphDefinition& graph) override { add_line(graph); }

 private:
  template <class AnyRecord>
  void add_line(const AnyRecord& record) {
    append_json_line(out_, record);
    out_ += '\n';
  }

  std::string& out_;
};

}  // namespace spark::sparktel
