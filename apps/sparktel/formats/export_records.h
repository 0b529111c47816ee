// Writes the records of a store in a format, trace by trace in the order of the trace ids, which is about that of time;
// of a trace its own record first, then spans by id (of more than 10,000 as the store has them), events and metrics by
// time. What has no trace follows, and graph definitions in the order in which they were declared. So equal content
// gives equal files. Memory does not grow with the number of records, except as a RecordWriter says. For one thread;
// blocks.
//
// It reads piece by piece: what others write meanwhile may be in the file or not, but never half a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/sparktel/formats/record_writer.h"
#include "spark/telemetry/ranges.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

struct ExportSelection {
  RecordKinds kinds = {};
  // This trace alone, and the graph definitions that it names.
  std::optional<TraceId> trace = {};
  // Traces that started in it, with everything that belongs to them; what belongs to no known trace goes by its own
  // time. Of graph definitions those that these traces name.
  TimeRange time = {};
  // Whether events and metrics that belong to no trace come along.
  bool without_trace = true;
};

// At most `count` ids after this one, ascending, of everything that records name.
using TraceIdsAfter = std::function<std::vector<TraceId>(TraceId after, std::size_t count)>;

struct ExportResult {
  std::uint64_t traces = 0;
  std::uint64_t spans = 0;
  std::uint64_t events = 0;
  std::uint64_t metrics = 0;
  std::uint64_t graphs = 0;

  [[nodiscard]] std::uint64_t total() const noexcept { return traces + spans + events + metrics + graphs; }
};

// `after_record` is called after each record and before each trace, when the writer's text may be taken away; what it
// throws passes. Throws Error:
// not_found if the one trace that was asked for is nowhere, and whatever the store throws.
ExportResult export_records(Store& store, const TraceIdsAfter& trace_ids, const ExportSelection& selection,
                            RecordWriter& writer, const std::function<void(const ExportResult&)>& after_record);

}  // namespace spark::sparktel
