#include <unistd.h>

#include <utility>

#include "backends/reliable/delivery.h"
#include "backends/reliable/reliable_store.h"
#include "spark/base/error.h"
#include "telemetry/reliable_rules.h"

namespace spark {
namespace {

std::unique_ptr<ReliableSink::Delivery> make_delivery(std::unique_ptr<Sink> inner, const ReliableOptions& options,
                                                      const ReliableSources& sources) {
  const std::string fault = detail::reliable_fault(options);
  if (!fault.empty()) throw Error(ErrorCode::invalid_argument, "ReliableOptions: " + fault);
  return options.spool_path.empty() ? detail::reliable::make_patient_delivery(std::move(inner), options, sources)
                                    : detail::reliable::make_spooled_delivery(std::move(inner), options, sources);
}

void check_process(std::int64_t process_id) {
  if (process_id == ::getpid()) return;
  throw Error(ErrorCode::unsupported, "a forked child cannot use the sink of its parent; make one in the child");
}

}  // namespace

ReliableSink::ReliableSink(std::unique_ptr<Sink> inner, const ReliableOptions& options, const ReliableSources& sources)
    : delivery_(make_delivery(std::move(inner), options, sources)), process_id_(::getpid()) {}

ReliableSink::~ReliableSink() {
  if (process_id_ == ::getpid()) {
    delivery_->close();
  } else {
    static_cast<void>(delivery_.release());  // its thread and its locks are not in this process
  }
}

std::string_view ReliableSink::name() const noexcept { return delivery_->name(); }

void ReliableSink::write(const Batch& batch) {
  check_process(process_id_);
  delivery_->write(batch);
}

void ReliableSink::flush(Deadline deadline) {
  check_process(process_id_);
  delivery_->flush(deadline);
}

Refusals ReliableSink::take_refusals() { return delivery_->take_refusals(); }
bool ReliableSink::abandon() noexcept { return delivery_->abandon(); }
SinkProgress ReliableSink::take_progress() { return delivery_->take_progress(); }
void ReliableSink::close() noexcept { delivery_->close(); }
std::vector<std::mutex*> ReliableSink::work_mutexes() noexcept { return delivery_->work_mutexes(); }

}  // namespace spark

extern "C" spark::Sink* spark_make_reliable_sink(spark::Sink* inner, const spark::TelemetryConfig& config) {
  const spark::ReliableSources sources{.durability = config.durability};
  if (auto* store = dynamic_cast<spark::Store*>(inner)) {
    return new spark::detail::reliable::ReliableStore(std::unique_ptr<spark::Store>(store), config.reliable, sources);
  }
  return new spark::ReliableSink(std::unique_ptr<spark::Sink>(inner), config.reliable, sources);
}
