// Chrome's Trace Event Format (JSON object form), which Perfetto and chrome://tracing open. Each trace is a process,
// each lane (lanes.h) a thread, each span a complete event "X", each event of a span or trace an instant "i". Metrics
// and graph definitions are left out.
//
// Times are microseconds with three decimals, counted from the first record: readers parse them as doubles, which hold
// nanoseconds exactly for about three months, but not since 1970. "otherData" says when the first record was.
//
// A trace's lanes are known once all its spans were seen, so it is read twice; about 100 bytes a span of one trace are
// held meanwhile. For one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "apps/sparktel/formats/lanes.h"
#include "apps/sparktel/formats/record_writer.h"

namespace spark::sparktel {

class ChromeTraceWriter final : public RecordWriter {
 public:
  explicit ChromeTraceWriter(std::string& out) : out_(out) {}

  void begin(const std::function<Timestamp()>& first) override;
  void begin_trace(TraceId id, std::string_view name, const SpanScan& scan) override;
  void add(const Trace&) override {}
  // A span that was written after its trace was scanned has no lane and is left out.
  void add(const Span& span) override;
  void add(const Event& event) override;
  void add(const Metric&) override {}
  void add(const GraphDefinition&) override {}
  void end() override;

 private:
  // Names the current process and its threads before the first of its records; one without records is not there.
  void name_process();
  // Begins an event of the file; the caller closes its object.
  void begin_event(std::string_view phase, std::string_view name);
  void add_place(std::uint64_t thread);
  void add_metadata(std::string_view what, std::string_view name, std::uint64_t thread);
  void append_time(std::chrono::nanoseconds time);

  std::string& out_;
  Timestamp first_{};
  std::uint64_t process_ = 0;  // of the current trace, counted from 1
  std::string process_name_;   // until it is written
  bool is_first_event_ = true;
  Lanes lanes_;
};

}  // namespace spark::sparktel
