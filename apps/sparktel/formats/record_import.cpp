#include "apps/sparktel/formats/record_import.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

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

}  // namespace

RecordImport::RecordImport(Store& store) : store_(store), builder_(import_resource()), next_look_(batch_records) {}

void RecordImport::add(Record record) {
  std::visit([this](const auto& any) { add_copy(any); }, record);
}

ImportResult RecordImport::finish() {
  write();
  result_.incomplete_traces = make_implied(std::exchange(partial_traces_, {})).size();
  write();
  return result_;
}

void RecordImport::write_if_full() {
  if (builder_.size() >= batch_records || builder_.size_bytes() >= batch_bytes) write();
}

void RecordImport::write() {
  write_batch();
  if (partial_traces_.size() < next_look_) return;
  // Their root spans follow them at once in a file of ours, so most are there by now. In another file they may come
  // much later: then looking for them must not become most of the work.
  partial_traces_ = make_implied(std::exchange(partial_traces_, {}));
  next_look_ = std::max(batch_records, 2 * partial_traces_.size());
  write_batch();
}

void RecordImport::write_batch() {
  if (builder_.size() == 0) return;
  store_.write(*builder_.build());
  const Refusals refusals = store_.take_refusals();
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    result_.rejected += refusals.rejected[kind] + refusals.invalid[kind];
  }
  if (result_.message.empty()) result_.message = refusals.message;
}

std::vector<Trace> RecordImport::make_implied(std::vector<Trace> traces) {
  std::erase_if(traces, [this](const Trace& trace) { return make_implied(trace); });
  return traces;
}

void RecordImport::add_one(const Trace& trace) {
  if (trace.partial) {
    partial_traces_.push_back(trace);
  } else {
    builder_.add(trace);
  }
}

// A store makes such a trace of its local root spans. Its root span is written once more, marked as one and with the
// trace's times: the span's row, which is there, stays as it is.
bool RecordImport::make_implied(const Trace& trace) {
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

}  // namespace spark::sparktel
