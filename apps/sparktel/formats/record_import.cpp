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
constexpr std::size_t most_services = 100;  // that are collected for side by side

// Of who recorded, records have the service alone.
std::shared_ptr<const Resource> resource_of(const std::string& service) {
  Resource resource;
  resource.service_name = service;
  return std::make_shared<const Resource>(std::move(resource));
}

}  // namespace

RecordImport::RecordImport(Store& store) : store_(store), next_look_(batch_records) {}

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
  std::size_t records = 0;
  std::size_t bytes = 0;
  for (const auto& [service, builder] : builders_) {
    records += builder.size();
    bytes += builder.size_bytes();
  }
  if (records >= batch_records || bytes >= batch_bytes) write();
}

BatchBuilder& RecordImport::builder_of(const std::string& service) {
  const auto found = builders_.find(service);
  if (found != builders_.end()) return found->second;
  if (builders_.size() >= most_services) {
    write_batches();
    builders_.clear();
  }
  return builders_.try_emplace(service, resource_of(service)).first->second;
}

void RecordImport::write() {
  write_batches();
  if (partial_traces_.size() < next_look_) return;
  // Their root spans follow them at once in a file of ours, so most are there by now. In another file they may come
  // much later: then looking for them must not become most of the work.
  partial_traces_ = make_implied(std::exchange(partial_traces_, {}));
  next_look_ = std::max(batch_records, 2 * partial_traces_.size());
  write_batches();
}

void RecordImport::write_batches() {
  for (auto& [service, builder] : builders_) write_batch(builder);
}

void RecordImport::write_batch(BatchBuilder& builder) {
  if (builder.size() == 0) return;
  store_.write(*builder.build());
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
    builder_of(trace.service).add(trace);
  }
}

// A store makes such a trace of its local root spans. Its root span is written once more, marked as one and with the
// trace's times: the span's row, which is there, stays as it is.
bool RecordImport::make_implied(const Trace& trace) {
  SpanQuery query{.trace_id = trace.trace_id, .span_id = trace.root_span_id};
  query.with_attributes = false;
  if (store_.query_spans(query).empty()) return false;
  BatchBuilder& builder = builder_of(trace.service);
  SpanView root;
  root.trace_id = trace.trace_id;
  root.span_id = trace.root_span_id;
  root.start_ns = trace.start_time.time_since_epoch().count();
  root.end_ns = trace.end_time->time_since_epoch().count();
  root.status = static_cast<SpanStatus>(static_cast<int>(trace.status) - 1);
  root.is_local_root = true;
  root.name = builder.copy(trace.name);
  builder.add(root);
  return true;
}

}  // namespace spark::sparktel
