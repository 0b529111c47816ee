// RecordImport brings records into a store, some thousand a transaction. Records that are there already stay as they
// are, so importing again completes what was interrupted and changes nothing else. What was added since the last
// transaction is in the store once finish() has returned, and not at all if that is never called. Of who recorded, the
// service of traces and spans is kept. For one thread; blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "apps/sparktel/formats/json_lines.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

struct ImportResult {
  std::uint64_t records = 0;  // read, whether they were there already or not
  // Traces known from spans only whose root span is neither in the file nor in the store: they cannot be made.
  std::uint64_t incomplete_traces = 0;
  std::uint64_t rejected = 0;  // that the store refused for good, and did not take
  std::string message = {};    // why the first of them were
};

class RecordImport {
 public:
  // The store must outlive this.
  explicit RecordImport(Store& store);

  // Each throws what the store throws.
  void add(Record record);
  template <class AnyRecord>
  void add_copy(const AnyRecord& record) {
    ++result_.records;
    add_one(record);
    write_if_full();
  }
  ImportResult finish();

 private:
  // Of records that do not say theirs.
  static constexpr const char* unknown_service = "sparktel import";

  void write();
  void write_batches();
  void write_batch(BatchBuilder& builder);
  void write_if_full();
  // Gives those whose root span is not there.
  [[nodiscard]] std::vector<Trace> make_implied(std::vector<Trace> traces);
  [[nodiscard]] bool make_implied(const Trace& trace);
  void add_one(const Trace& trace);
  void add_one(const Span& span) { builder_of(span.service).add(span); }
  void add_one(const GraphDefinition& graph) { builder_of(unknown_service).add(GraphDefinition(graph)); }
  template <class AnyRecord>
  void add_one(const AnyRecord& record) {
    builder_of(unknown_service).add(record);
  }
  // For what this service recorded.
  [[nodiscard]] BatchBuilder& builder_of(const std::string& service);

  Store& store_;
  std::map<std::string, BatchBuilder> builders_;  // by service, since a batch is of one
  std::vector<Trace> partial_traces_;             // whose root span was not there when it was looked for
  std::size_t next_look_;                         // when there are so many
  ImportResult result_;
};

}  // namespace spark::sparktel
