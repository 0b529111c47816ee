// CSV as RFC 4180 has it: a header, CRLF line ends, quotes where they are needed. The columns are those of the views in
// docs/sqlite-format.md; attributes are a column of JSON, times ISO 8601 in UTC, durations seconds with nine digits.
//
// Spreadsheets run a cell that begins with =, +, -, @, a tab or a carriage return as a formula, and recorded text may
// be anybody's. Such text is written with an apostrophe in front (OWASP, "CSV Injection"); numbers and times are not
// touched. JSON lines are the format that changes nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/sparktel/formats/record_writer.h"

namespace spark::sparktel {

enum class CsvTable { traces, spans, events, metrics, graphs };

// Text as a field: made harmless, and quoted if it has to be.
void append_csv_text(std::string& out, std::string_view text);

// Writes the records of one kind and leaves out the others.
class CsvWriter final : public RecordWriter {
 public:
  CsvWriter(std::string& out, CsvTable table) : out_(out), table_(table) {}

  void begin(const std::function<Timestamp()>& first) override;
  void add(const Trace& trace) override;
  void add(const Span& span) override;
  void add(const Event& event) override;
  void add(const Metric& metric) override;
  void add(const GraphDefinition& graph) override;

 private:
  std::string& out_;
  CsvTable table_;
};

}  // namespace spark::sparktel
