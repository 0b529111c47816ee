#include "apps/sparktel/formats/import_records.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "apps/sparktel/formats/json_lines.h"
#include "spark/base/error.h"
#include "spark/telemetry/batch.h"

namespace spark::sparktel {

namespace {

// One transaction each: few enough that it is short, many enough that it costs little.
constexpr std::size_t batch_records = 10'000;
constexpr std::size_t batch_bytes = 8 << 20;

// Who recorded is not part of a record and not exported, so all that is imported has this.
std::shared_ptr<const Resource> import_resource() {
  Resource resource;
  resource.service_name = "sparktel import";
  return std::make_shared<const Resource>(std::move(resource));
}

class Import {
 public:
  explicit Import(Store& store) : store_(store), builder_(import_resource()) {}

  void add(Record record) {
    ++result_.records;
    if (auto* const graph = std::get_if<GraphDefinition>(&record)) {
      builder_.add(std::move(*graph));
    } else {
      std::visit([this](const auto& any) { add_one(any); }, record);
    }
    if (builder_.size() >= batch_records || builder_.size_bytes() >= batch_bytes) write();
  }
  ImportResult finish() {
    write();
    result_.incomplete_traces = make_implied(std::exchange(partial_traces_, {})).size();
    write();
    return result_;
  }

 private:
  void write() {
    if (builder_.size() > 0) store_.write(*builder_.build());
    if (partial_traces_.size() < next_look_) return;
    // Their root spans follow them at once in a file of ours, so most are there by now. In another file they may come
    // much later: then looking for them must not become most of the work.
    partial_traces_ = make_implied(std::exchange(partial_traces_, {}));
    next_look_ = std::max(batch_records, 2 * partial_traces_.size());
    if (builder_.size() > 0) store_.write(*builder_.build());
  }
  // Gives those whose root span is not there.
  std::vector<Trace> make_implied(std::vector<Trace> traces) {
    std::erase_if(traces, [this](const Trace& trace) { return make_implied(trace); });
    return traces;
  }

  void add_one(const GraphDefinition&) {}
  void add_one(const Trace& trace) {
    if (trace.partial) {
      partial_traces_.push_back(trace);
    } else {
      builder_.add(trace);
    }
  }
  template <class AnyRecord>
  void add_one(const AnyRecord& record) {
    builder_.add(record);
  }

  // A store makes such a trace of its local root spans. Its root span is written once more, marked as one and with the
  // trace's times: the span's row, which is there, stays as it is.
  [[nodiscard]] bool make_implied(const Trace& trace) {
    SpanQuery query{.trace_id = trace.trace_id, .span_id = trace.root_span_id};
    query.with_attributes = false;
    if (store_.query_spans(query).empty()) return false;
    SpanView root;
    root.trace_id = trace.trace_id;
    root.span_id = trace.root_span_id;
    root.start_ns = trace.start_time.time_since_epoch().count();
    root.end_ns = trace.end_time->time_since_epoch().count();
    root.status = static_cast<SpanStatus>(static_cast<int>(trace.status) - 1);
    root.is_local_root = true;
    root.name = builder_.copy(trace.name);
    builder_.add(root);
    return true;
  }

  Store& store_;
  BatchBuilder builder_;
  std::vector<Trace> partial_traces_;      // whose root span was not there when it was looked for
  std::size_t next_look_ = batch_records;  // when there are so many
  ImportResult result_;
};

// What a line means, with its number in the message if it means nothing.
template <class Parse>
auto parse_line(const LineReader& lines, const std::string& name, const Parse& parse) {
  try {
    return parse();
  } catch (const Error& error) {
    throw Error(error.code(), name + " line " + std::to_string(lines.number()) + ": " + error.what());
  }
}

// Calls `take` for each record.
template <class Take>
void each_record(LineReader& lines, const std::string& name, const Take& take) {
  std::string_view line;
  if (!lines.next(line)) {
    throw Error(ErrorCode::invalid_argument,
                name + " line 1: expected the header of sparktel export, found the end of the file");
  }
  parse_line(lines, name, [&] { check_json_lines_header(line); });
  while (lines.next(line)) {
    if (!line.empty()) take(parse_line(lines, name, [&] { return parse_json_line(line); }));
  }
}

}  // namespace

void tell_progress(const ImportSteps& steps, const LineReader& lines, double bytes_before) {
  const auto size = static_cast<double>(lines.size_bytes());
  if (!steps.progress) return;
  steps.progress(lines.number(), size > 0 ? (bytes_before + static_cast<double>(lines.bytes())) / (2 * size) : -1);
}

ImportResult import_records(LineReader& lines, const std::string& name, const ImportSteps& steps) {
  const bool is_checked_first = lines.can_rewind();
  const auto report = [&](double bytes_before) { tell_progress(steps, lines, bytes_before); };
  if (is_checked_first) {
    each_record(lines, name, [&](const Record&) { report(0); });
    lines.rewind();
  }
  std::optional<Import> import;
  each_record(lines, name, [&](Record record) {
    if (!import) import.emplace(steps.open());
    import->add(std::move(record));
    report(static_cast<double>(lines.size_bytes()));
  });
  // An export without records makes an empty database.
  if (!import) import.emplace(steps.open());
  return import->finish();
}

}  // namespace spark::sparktel
