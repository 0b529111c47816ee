// Records for the tests of stores: short ways to make them, and their text, which is what tests compare with
// literals.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "spark/telemetry/batch.h"
#include "spark/telemetry/query.h"
#include "spark/telemetry/sink.h"

namespace spark::testing {

// A moment, in milliseconds after 2025-01-15T10:00:00Z.
[[nodiscard]] Timestamp at(std::int64_t ms);

// Ids that print as T1, S1, R1. Those from 8 on have the top bit set, which a store that takes ids for signed
// numbers puts in the wrong place.
[[nodiscard]] TraceId trace_id(std::uint64_t number);
[[nodiscard]] SpanId span_id(std::uint64_t number);
[[nodiscard]] RecordId record_id(std::uint64_t number);

[[nodiscard]] Resource test_resource();

// Short records: `number` is the id's, times are as at() takes them, spans and so on are of trace T1.
[[nodiscard]] Trace make_trace(std::uint64_t number, const std::string& name, std::int64_t start,
                               std::optional<std::int64_t> end, Object attributes = {});
[[nodiscard]] Span make_span(std::uint64_t number, const std::string& name, std::int64_t start, std::int64_t end,
                             Object attributes = {});
[[nodiscard]] Event make_event(std::uint64_t number, const std::string& name, std::int64_t time,
                               Object attributes = {});
[[nodiscard]] Metric make_metric(std::uint64_t number, const std::string& name, std::int64_t time,
                                 Object attributes = {});

// Writes one batch.
void write(Store& store, const std::function<void(BatchBuilder&)>& fill);
// The same, recorded by this service.
void write_as(Store& store, const std::string& service, const std::function<void(BatchBuilder&)>& fill);
// As BatchBuilder::add, of a span that stands for a trace that began elsewhere. Without attributes.
void add_local_root(BatchBuilder& builder, const Span& span);

// One line a record, everything in it; "(truncated)" at the end of a page that is.
[[nodiscard]] std::string text(const Trace& trace);
[[nodiscard]] std::string text(const Span& span);
[[nodiscard]] std::string text(const Event& event);
[[nodiscard]] std::string text(const Metric& metric);
[[nodiscard]] std::string text(const GraphDefinition& graph);
template <class Record>
[[nodiscard]] std::string text(const Page<Record>& page) {
  std::string lines;
  for (const Record& record : page) lines += text(record) + "\n";
  return page.truncated ? lines + "(truncated)\n" : lines;
}

// The ids alone: "T2 T1".
[[nodiscard]] std::string ids(const Page<Trace>& page);
[[nodiscard]] std::string ids(const Page<Span>& page);
[[nodiscard]] std::string ids(const Page<Event>& page);
[[nodiscard]] std::string ids(const Page<Metric>& page);
[[nodiscard]] std::string ids(const Page<GraphDefinition>& page);

}  // namespace spark::testing
