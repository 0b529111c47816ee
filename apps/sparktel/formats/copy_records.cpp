#include "apps/sparktel/formats/copy_records.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "apps/sparktel/formats/export_records.h"
#include "apps/sparktel/formats/record_writer.h"

namespace spark::sparktel {

namespace {

class ImportWriter final : public RecordWriter {
 public:
  explicit ImportWriter(RecordImport& import) : import_(import) {}

  void begin(const std::function<Timestamp()>&) override {}
  void add(const Trace& trace) override { import_.add_copy(trace); }
  void add(const Span& span) override { import_.add_copy(span); }
  void add(const Event& event) override { import_.add_copy(event); }
  void add(const Metric& metric) override { import_.add_copy(metric); }
  void add(const GraphDefinition& graph) override { import_.add_copy(graph); }

 private:
  RecordImport& import_;
};

// Those of the source's traces that the target has not the same of.
class MissingTraces {
 public:
  MissingTraces(Source& from, Source& to) : from_(from), to_(to) {}

  // Of the next ids, at most `count` of which are looked at in one go; empty at the end.
  std::vector<TraceId> next(std::size_t count) {
    for (;;) {
      std::vector<TraceId> ids = from_.trace_ids_after(last_, count);
      if (ids.empty()) return ids;
      last_ = ids.back();
      looked_at_ += ids.size();
      erase_same(ids);
      if (!ids.empty()) return ids;
    }
  }
  [[nodiscard]] bool has_same(TraceId id) {
    std::vector<TraceId> ids{id};
    erase_same(ids);
    return ids.empty();
  }

  [[nodiscard]] std::uint64_t looked_at() const noexcept { return looked_at_; }
  [[nodiscard]] std::uint64_t there() const noexcept { return there_; }

 private:
  // The target first: what it has nothing of need not be counted in the source.
  void erase_same(std::vector<TraceId>& ids) {
    const auto in_target = to_.contents_of(ids);
    if (in_target.empty()) return;
    std::vector<TraceId> known;
    for (const auto& [id, contents] : in_target) known.push_back(id);
    const auto in_source = from_.contents_of(known);
    there_ += std::erase_if(ids, [&](TraceId id) {
      const auto theirs = in_target.find(id);
      const auto ours = in_source.find(id);
      return theirs != in_target.end() && ours != in_source.end() && ours->second == theirs->second;
    });
  }

  Source& from_;
  Source& to_;
  TraceId last_;
  std::uint64_t looked_at_ = 0;
  std::uint64_t there_ = 0;
};

}  // namespace

CopyResult copy_records(Source& from, const CopyTarget& to,
                        const std::function<void(std::uint64_t records, double share)>& progress) {
  RecordImport import(to.store);
  ImportWriter writer(import);
  MissingTraces missing(from, to.source);
  const auto all = static_cast<double>(std::max<std::uint64_t>(from.count_traces(), 1));
  CopyResult result;
  ExportSelection selection;
  selection.without_trace = !missing.has_same({});
  const std::uint64_t without_trace = missing.there();
  export_records(
      from.store(), [&](TraceId, std::size_t count) { return missing.next(count); }, selection, writer,
      [&](const ExportResult& so_far) {
        progress(so_far.total(), std::min(static_cast<double>(missing.looked_at()) / all, 1.0));
      });
  result.imported = import.finish();
  result.traces_there = missing.there() - without_trace;
  return result;
}

}  // namespace spark::sparktel
