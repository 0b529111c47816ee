// A core's life: its start, flushes, its end, what it tells of itself, and what a fork makes of it.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "core.h"
#include "instrument_registry.h"
#include "process_managers.h"
#include "resource_attributes.h"
#include "spark/base/error.h"

namespace spark::detail {
namespace {

std::string program_name() { return program_invocation_short_name; }

constexpr const char* not_drained = "the deadline passed before all records were taken from the rings";
// The last part of a deadline, for sinks that have not delivered by then and can save what they have.
constexpr std::chrono::milliseconds rescue_time{250};

// As one line, whatever is in a message.
std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

// Nobody asks for stats() any more: what is lost is said here, once. `result` is of the last flush.
void say_losses(SinkWorker& worker, const FlushResult::SinkResult& result, SinkWorker::Unfinished unfinished) noexcept {
  try {
    const SinkWorker::Losses losses = worker.take_losses(unfinished);
    const std::uint64_t lost = sum(losses.lost);
    const bool is_drained = result.complete || result.error != not_drained;
    if (lost == 0) {
      if (!is_drained) std::fprintf(stderr, "spark telemetry: %s: %s\n", on_one_line(losses.sink).c_str(), not_drained);
      return;
    }
    std::string reasons;
    for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
      if (losses.lost[reason] == 0) continue;
      reasons.append(reasons.empty() ? " (" : ", ").append(to_string(static_cast<DropReason>(reason)));
      reasons.append(" ").append(std::to_string(losses.lost[reason]));
    }
    if (!reasons.empty()) reasons += ")";
    std::string why = result.complete ? losses.last_error : result.error;
    if (!why.empty()) why = ": " + on_one_line(std::move(why));
    std::fprintf(stderr, "spark telemetry: %s: %llu of %llu records are lost%s%s\n", on_one_line(losses.sink).c_str(),
                 static_cast<unsigned long long>(lost), static_cast<unsigned long long>(losses.all), reasons.c_str(),
                 why.c_str());
  } catch (const std::bad_alloc&) {
    // There is no memory to say it with.
  }
}

using Workers = std::vector<std::shared_ptr<SinkWorker>>;

// `may_succeed` tells of a sink's result whether what it has not done yet may still be done.
template <class MaySucceed>
void say_losses(const Workers& workers, const FlushResult& result, const MaySucceed& may_succeed) noexcept {
  for (std::size_t i = 0; i < std::min(workers.size(), result.sinks.size()); ++i) {
    say_losses(*workers[i], result.sinks[i],
               may_succeed(result.sinks[i]) ? SinkWorker::Unfinished::may_succeed : SinkWorker::Unfinished::is_lost);
  }
}

std::shared_ptr<Resource> make_resource(const TelemetryConfig& config, std::uint64_t producer_id) {
  auto resource = std::make_shared<Resource>();
  EnvironmentAttributes environment = attributes_from_environment();
  resource->service_name = !config.service_name.empty()        ? config.service_name
                           : !environment.service_name.empty() ? std::move(environment.service_name)
                                                               : program_name();
  resource->service_version =
      !config.service_version.empty() ? config.service_version : std::move(environment.service_version);
  resource->metadata = std::move(environment.others);
  for (const Object::Member& member : config.metadata) resource->metadata.set(member.key, member.value);
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) == 0) resource->host_name = host;
  resource->process_id = getpid();
  resource->producer_id = producer_id;
  return resource;
}

std::vector<std::shared_ptr<SinkWorker>> make_workers(const TelemetryConfig& config, const ManagerSources& sources) {
  std::vector<std::shared_ptr<SinkWorker>> workers;
  const auto add = [&](const SinkFactory& factory, const TelemetryConfig& of) {
    workers.push_back(std::make_shared<SinkWorker>(factory(of), config.queue_bytes));
  };
  if (!sources.sinks.empty()) {
    for (const SinkFactory& factory : sources.sinks) add(factory, config);
  } else if (config.backend == Backend::multi) {
    for (const TelemetryConfig& child : config.children) add(backend_factory(child), child);
  } else if (config.backend != Backend::noop) {
    add(backend_factory(config), config);
  }
  return workers;
}

}  // namespace

void Core::start() {
  auto workers = make_workers(config_, sources_);
  if (workers.empty()) return;
  const std::uint64_t producer = is_seeded_ ? seeded_random() : operating_system_random();
  // As the ids print it, so that rows can be counted by producer.
  drainer_ = std::make_unique<Drainer>(*this, make_resource(config_, RecordId::make(producer, 0).high), workers);
  try {
    for (const auto& worker : workers) worker->start();
    drainer_->start();
  } catch (const std::system_error& error) {
    for (const auto& worker : workers) worker->stop(Deadline::clock::now());
    drainer_ = nullptr;
    throw Error(ErrorCode::unavailable, std::string("starting the telemetry threads: ") + error.what());
  }
  state.store(core_recording, std::memory_order_release);
}

bool Core::accepts_slowly() noexcept {
  // What a sink records while it is being made is suppressed, as what it records later is.
  if (thread_state.is_telemetry_thread || state.load(std::memory_order_acquire) != core_dormant) return false;
  const std::lock_guard lock(start_mutex_);
  if (state.load(std::memory_order_acquire) != core_dormant) return state == core_recording;
  struct Suppressed {
    Suppressed() noexcept { thread_state.is_telemetry_thread = true; }
    ~Suppressed() { thread_state.is_telemetry_thread = false; }
  };
  try {
    const BlockedSignals blocked;
    const Suppressed suppressed;
    start();
    return true;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spark telemetry is off in the forked child %d: %s\n", getpid(), error.what());
  } catch (...) {
    std::fprintf(stderr, "spark telemetry is off in the forked child %d: a sink cannot be made\n", getpid());
  }
  state.store(core_shut_down, std::memory_order_release);
  return false;
}

// ---- fork ----

bool Core::park(Deadline deadline) noexcept {
  if (is_inert()) return true;
  // What has been shut down, or is being, is not carried over, and a sink that hangs there holds up no fork. What is
  // left of it may be in use for a moment: old handles still end.
  const bool is_over = state.load(std::memory_order_acquire) == core_shut_down;
  try {
    if (is_over) {
      if (live_traces_.park(fork_locks_, deadline) && rings_.park(fork_locks_, deadline)) return true;
    } else if (lock_until(fork_locks_, start_mutex_, deadline) && lock_until(fork_locks_, shutdown_mutex_, deadline) &&
               (drainer_ == nullptr || drainer_->park(fork_locks_, deadline)) &&
               lock_until(fork_locks_, graphs_mutex_, deadline) && live_traces_.park(fork_locks_, deadline) &&
               rings_.park(fork_locks_, deadline)) {
      return true;
    }
  } catch (const std::bad_alloc&) {
    // As if the deadline had passed.
  }
  fork_locks_.clear();
  return false;
}

void Core::make_successor(bool may_start) noexcept {
  const std::uint32_t was = state.load(std::memory_order_relaxed);
  if (was == core_off || successor != nullptr) return;
  if (was == core_shut_down) {
    is_abandoned_ = true;
    return;
  }
  state.store(core_shut_down, std::memory_order_release);
  try {
    successor = new Core(*this, AfterFork());
  } catch (const std::bad_alloc&) {
    is_abandoned_ = true;
    return;
  }
  successor->state.store(may_start ? core_dormant : core_shut_down, std::memory_order_release);
  if (may_start) InstrumentRegistry::instance().hand_over(*this, *successor);
}

// ---- life cycle ----

FlushResult Core::flush(Deadline deadline) noexcept {
  if (is_off()) return {};
  const bool is_dormant = state.load(std::memory_order_acquire) == core_dormant;
  if (is_dormant && !InstrumentRegistry::instance().has_growth(*this)) return {};
  if (is_abandoned_ || (!accepts() && drainer_ == nullptr)) {
    return {.sinks = {{.name = "", .complete = false, .error = "telemetry is off in this forked child"}}};
  }
  return flush_sinks(deadline, drainer_->drain(deadline));
}

void Core::end_with_process(Deadline deadline) noexcept {
  const FlushResult result = flush(deadline - rescue_time);
  if (is_off() || is_abandoned_ || state.load(std::memory_order_acquire) != core_recording) return;
  await_delivery(deadline - rescue_time);
  for (const auto& worker : drainer_->workers()) worker->rescue(deadline);
  // What other threads record meanwhile comes after the end, and is not of this flush.
  say_losses(drainer_->workers(), result, [](const FlushResult::SinkResult& sink) { return sink.complete; });
}

void Core::await_delivery(Deadline deadline) noexcept {
  for (const auto& worker : drainer_->workers()) worker->await_delivery(deadline);
}

FlushResult Core::flush_sinks(Deadline deadline, bool drained) noexcept {
  FlushResult result;
  // All are asked before any is waited for: a hung one must not keep the others from being told.
  std::vector<std::uint64_t> tickets;
  for (const auto& worker : drainer_->workers()) tickets.push_back(worker->request_flush(deadline));
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    result.sinks.push_back(drainer_->workers()[i]->wait_flushed(tickets[i], deadline));
    if (drained || !result.sinks.back().complete) continue;
    result.sinks.back().complete = false;
    result.sinks.back().error = not_drained;
  }
  return result;
}

FlushResult Core::shutdown(Deadline deadline) noexcept {
  if (is_abandoned_) return {};
  {
    // A dormant one has nothing to flush.
    const std::lock_guard lock(start_mutex_);
    if (state.load(std::memory_order_relaxed) == core_dormant) state.store(core_shut_down, std::memory_order_release);
  }
  std::unique_lock lock(shutdown_mutex_);
  if (drainer_ == nullptr) return {};
  if (is_shutting_down_) {
    // A sink must not wait for a shutdown that waits for it.
    const Deadline patience = thread_state.is_telemetry_thread ? Deadline::clock::now() : deadline;
    if (shutdown_done_.wait_until(lock, patience, [&] { return shutdown_result_.has_value(); })) {
      return *shutdown_result_;
    }
    FlushResult under_way;
    for (const auto& worker : drainer_->workers()) {
      under_way.sinks.push_back({.name = worker->stats().name, .error = "another thread is still shutting down"});
    }
    return under_way;
  }
  is_shutting_down_ = true;
  lock.unlock();
  state.store(core_shut_down, std::memory_order_seq_cst);
  const bool drained = drainer_->stop(deadline);
  FlushResult result = flush_sinks(deadline, drained);
  await_delivery(deadline - rescue_time);
  for (const auto& worker : drainer_->workers()) worker->stop(deadline);
  // A sink or a redactor that ends its manager goes on with what it has.
  say_losses(drainer_->workers(), result,
             [](const FlushResult::SinkResult&) { return thread_state.is_telemetry_thread; });
  live_traces_.forget_records();
  if (drained) rings_.retire(*this);
  // What the factories hold is the user's; only a fork of a manager that records would need them again.
  sources_.sinks.clear();
  lock.lock();
  shutdown_done_.notify_all();
  return shutdown_result_.emplace(std::move(result));
}

Stats Core::stats() const {
  Stats stats;
  const bool is_started = state.load(std::memory_order_acquire) != core_dormant && drainer_ != nullptr;
  if (is_started && !is_abandoned_) {
    drainer_->add_to(stats, rings_);
    add_sink_stats(stats);
  } else if (!is_abandoned_) {
    rings_.add_to(stats, {});  // a child's that has recorded nothing yet
  }
  add_shared_counts(stats);
  return stats;
}

Stats Core::front_stats_in_round() const {
  Stats stats;
  drainer_->add_in_round(stats, rings_);
  add_shared_counts(stats);
  return stats;
}

void Core::add_shared_counts(Stats& stats) const noexcept {
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    stats.front[kind].recorded += shared_counts_[kind].recorded.load(std::memory_order_relaxed);
    for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
      stats.front[kind].dropped[reason] += shared_counts_[kind].dropped[reason].load(std::memory_order_relaxed);
    }
  }
  stats.attributes_dropped = cuts_.attributes_dropped.load(std::memory_order_relaxed);
  stats.span_events_dropped = cuts_.span_events_dropped.load(std::memory_order_relaxed);
  stats.texts_cut = cuts_.texts_cut.load(std::memory_order_relaxed);
  stats.values_cut = cuts_.values_cut.load(std::memory_order_relaxed);
  stats.records_spilled = cuts_.records_spilled.load(std::memory_order_relaxed);
  stats.live_traces_evicted = live_traces_.evicted();
  stats.instruments_refused = instruments_refused_.load(std::memory_order_relaxed);
  stats.measurements_refused = measurements_refused_.load(std::memory_order_relaxed);
  stats.spilled_bytes = spilled_bytes_.load(std::memory_order_relaxed);
  stats.ring_bytes -= std::min(stats.ring_bytes, stats.spilled_bytes);  // one budget holds both
}

void Core::add_sink_stats(Stats& stats) const {
  for (const auto& worker : drainer_->workers()) stats.sinks.push_back(worker->stats());
}

std::shared_ptr<Store> Core::store() {
  if (is_off()) throw Error(ErrorCode::unsupported, "a query needs a backend that stores; this one is noop");
  if (!accepts()) throw Error(ErrorCode::shut_down, "a query to a manager that has been shut down");
  for (const auto& worker : drainer_->workers()) {
    if (auto store = worker->store()) return store;
  }
  throw Error(ErrorCode::unsupported,
              "a query needs a backend that stores (memory, sqlite, postgresql); this manager has none");
}

}  // namespace spark::detail
