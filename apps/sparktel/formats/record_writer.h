// RecordWriter is a format that records can be written in, one file at a time. Whoever exports calls begin(), then for
// each trace begin_trace() and add() of what belongs to it, then add() of records without a trace and of graphs, then
// end(). What is written is appended to a text that the caller empties as it likes. For one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "spark/telemetry/records.h"

namespace spark::sparktel {

// Which records are wanted. Plain value.
struct RecordKinds {
  bool traces = true;
  bool spans = true;
  bool events = true;
  bool metrics = true;
  bool graphs = true;

  bool operator==(const RecordKinds&) const = default;
};

// Visits every span of a trace, without attributes, in any order.
using SpanScan = std::function<void(const std::function<void(const Span&)>&)>;

class RecordWriter {
 public:
  virtual ~RecordWriter() = default;

  // `first` looks for the start of the first record to come, which may take a second of a large file.
  virtual void begin(const std::function<Timestamp()>& first) = 0;
  // `name` is empty for a trace that has spans or events but no row of its own. `scan` may be called while this runs.
  virtual void begin_trace(TraceId, std::string_view /*name*/, const SpanScan& /*scan*/) {}
  virtual void add(const Trace& trace) = 0;
  virtual void add(const Span& span) = 0;
  virtual void add(const Event& event) = 0;
  virtual void add(const Metric& metric) = 0;
  virtual void add(const GraphDefinition& graph) = 0;
  virtual void end() {}
  // Of those that were added: how many the format has no place for, which are left out.
  [[nodiscard]] virtual std::uint64_t refused() const noexcept { return 0; }
};

}  // namespace spark::sparktel
