#include "drainer.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "cleaning.h"
#include "core.h"
#include "instrument_registry.h"
#include "record_writer.h"
#include "self_metrics.h"
#include "thread_state.h"

namespace spark::detail {
namespace {

constexpr std::size_t records_per_batch = 10'000;
// The batch being built is in no configured bound, so it must not grow with its records: 10,000 of 4 KiB would be 42
// MiB. 10,000 spans with four attributes and an event each come to 5 MiB, so large records alone end a batch by this.
constexpr std::size_t bytes_per_batch = 8 << 20;
constexpr std::chrono::milliseconds shortest_rest{1};
constexpr std::chrono::milliseconds longest_rest{10};
// What a round should find. Fewer, and rounds meet the recording more often: a span whose ring is being read meanwhile
// costs its thread twice as much.
constexpr std::uint64_t records_per_round = 2'000;

// Under load the next round begins by itself, when there is about as much to do as is worth one: to wake the drainer
// costs a recording thread some 5 µs, and a sink writes a few large batches for less than many small ones. With little
// to do the rest is short, and after it the drainer sleeps until it is woken.
std::chrono::nanoseconds rest_after(std::uint64_t taken, std::chrono::nanoseconds since_last_round) noexcept {
  if (taken == 0) return shortest_rest;
  const double wanted = static_cast<double>(since_last_round.count()) * records_per_round / static_cast<double>(taken);
  return std::clamp<std::chrono::nanoseconds>(std::chrono::nanoseconds(static_cast<std::int64_t>(wanted)),
                                              shortest_rest, longest_rest);
}

std::uint64_t& of(std::array<std::uint64_t, record_kinds>& counts, RecordKind kind) {
  return counts[static_cast<std::size_t>(kind)];
}

}  // namespace

Drainer::Drainer(Core& core, std::shared_ptr<Resource> resource, std::vector<std::shared_ptr<SinkWorker>> workers)
    : core_(core),
      workers_(std::move(workers)),
      resource_(resource),
      decoder_(core.config(), std::move(resource), core.ticks()),
      self_metrics_(core.config().self_metrics ? std::make_unique<SelfMetrics>() : nullptr) {}

Drainer::~Drainer() = default;

void Drainer::start() {
  const BlockedSignals blocked;
  const std::lock_guard lock(request_mutex_);
  thread_ = std::thread([this] { run(); });
  thread_id_ = thread_.get_id();
  pthread_setname_np(thread_.native_handle(), "spark-drain");
}

bool Drainer::drain(Deadline deadline) noexcept {
  std::unique_lock lock(request_mutex_);
  if (has_ended_) return true;
  if (std::this_thread::get_id() == thread_id_) return false;
  const std::uint64_t ticket = ++requested_;
  wakeup_.signal();
  return done_.wait_until(lock, deadline, [&] { return served_ >= ticket || has_ended_; });
}

bool Drainer::stop(Deadline deadline) noexcept {
  std::unique_lock lock(request_mutex_);
  is_stopping_ = true;
  wakeup_.signal();
  const bool is_own_thread = std::this_thread::get_id() == thread_id_;
  const bool ended = !is_own_thread && done_.wait_until(lock, deadline, [&] { return has_ended_; });
  if (!thread_.joinable()) return ended;
  std::thread thread = std::move(thread_);
  lock.unlock();
  // A drainer is held up by a redactor that hangs; the core it refers to is never destroyed, so it may finish later.
  ended ? thread.join() : thread.detach();
  return ended;
}

bool Drainer::park(ForkLocks& locks, Deadline deadline) {
  // A round first: within one, the drainer takes the sinks' locks itself.
  if (!lock_until(locks, round_mutex_, deadline) || !lock_until(locks, request_mutex_, deadline)) return false;
  return std::all_of(workers_.begin(), workers_.end(),
                     [&](const auto& worker) { return worker->park(locks, deadline); });
}

bool Drainer::should_work() const noexcept {
  if (core_.is_filled_by_spilled()) return true;
  const auto is_full = [&](const Ring* ring) { return ring->unread() >= core_.config().buffer_size; };
  try {
    const auto rings = core_.rings().all();
    return std::any_of(rings.begin(), rings.end(), is_full);
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Drainer::run() noexcept {
  thread_state.is_telemetry_thread = true;
  // Until start() has set our id: by it a redactor that calls back is told from other threads.
  { const std::lock_guard lock(request_mutex_); }
  using SteadyClock = std::chrono::steady_clock;
  const auto interval = std::chrono::duration_cast<std::chrono::nanoseconds>(core_.config().export_interval);
  auto next_export = SteadyClock::now() + interval;
  auto last_round = SteadyClock::now();
  for (bool is_last_round = false; !is_last_round;) {
    std::uint64_t ticket = 0;
    {
      const std::lock_guard lock(request_mutex_);
      ticket = requested_;
      is_last_round = is_stopping_;
    }
    const bool is_flush = ticket != served_ || is_last_round;
    const auto now = SteadyClock::now();
    const auto since_last_round = now - std::exchange(last_round, now);
    const bool is_due = is_flush || now >= next_export;
    std::uint64_t taken = 0;
    {
      const std::lock_guard lock(round_mutex_);
      taken = drain_rings();
      if (is_due) {
        collect_instruments();
        if (self_metrics_ != nullptr) add_self_metrics();
        next_export = now + interval;
      }
      dispatch();
      core_.rings().recycle();
    }
    {
      const std::lock_guard lock(request_mutex_);
      served_ = ticket;
      has_ended_ = is_last_round;
      done_.notify_all();
    }
    const bool is_under_load = taken >= core_.config().buffer_size;
    const auto rest = is_under_load ? rest_after(taken, since_last_round) : shortest_rest;
    if (is_last_round || wakeup_.wait_for(rest)) continue;
    // From here on recording threads signal. One that looked just before is found by should_work().
    is_asleep_.store(true, std::memory_order_seq_cst);
    if (!should_work()) {
      const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(next_export - SteadyClock::now());
      wakeup_.wait_for(std::max(left, std::chrono::nanoseconds(0)));
    }
    is_asleep_.store(false, std::memory_order_seq_cst);
  }
}

// With the first record, not before: until then whoever made the manager may still be setting up what a redactor uses.
void Drainer::redact_resource() noexcept {
  has_redacted_resource_ = true;
  const Redactor* const redactor = core_.config().redactor.get();
  resource_->metadata = cleaned(resource_->metadata, redactor);
  const auto clean = [redactor](std::string_view path, std::string& text) {
    try {
      if (redactor != nullptr) redact_text(*redactor, path, text);
      repair(text);
    } catch (...) {
      text.clear();  // what could not be redacted does not leave
    }
  };
  clean("service_name", resource_->service_name);
  clean("service_version", resource_->service_version);
  clean("host_name", resource_->host_name);
}

std::uint64_t Drainer::drain_rings() noexcept {
  core_.ticks().anchor();
  std::uint64_t total = 0;
  try {
    for (Ring* ring : core_.rings().all()) {
      // What comes while we work is for the next round: a fast producer must not keep us here.
      std::uint64_t left = ring->unread();
      while (left > 0) {
        const std::uint64_t room = records_per_batch - std::min(decoder_.builder().size(), records_per_batch - 1);
        const std::uint64_t taken =
            ring->drain(std::min(left, room), [this](const std::byte* record) { take(record); });
        if (taken == 0) break;
        left -= taken;
        total += taken;
        dispatch_if_full();
      }
    }
  } catch (const std::bad_alloc&) {
    // What is still in the rings waits for the next round.
  }
  return total;
}

void Drainer::take(const std::byte* record) noexcept {
  const auto& head = *reinterpret_cast<const RecordHead*>(record);
  if ((head.flags & spilled_flag) == 0) return take_unspilled(record, head.size_bytes);
  const auto& spilled = *reinterpret_cast<const SpilledRecord*>(record);
  take_unspilled(spilled.bytes, spilled.size_bytes);
  core_.free_spilled(spilled);
}

void Drainer::take_unspilled(const std::byte* record, std::size_t size_bytes) noexcept {
  const auto& head = *reinterpret_cast<const RecordHead*>(record);
  const RecordKind kind = head.kind;
  core_.give_back_values(head.value_bytes);
  ++of(popped_, kind);
  if (!has_redacted_resource_) redact_resource();
  count(kind, decoder_.decode(record, size_bytes));
  dispatch_if_full();
}

void Drainer::count(RecordKind kind, Decoder::Outcome outcome) noexcept {
  switch (outcome) {
    case Decoder::Outcome::admitted:
      ++of(admitted_, kind);
      break;
    case Decoder::Outcome::redactor_threw:
      ++of(redactor_drops_, kind);
      has_leftovers_ = true;
      break;
    case Decoder::Outcome::out_of_memory:
      ++of(memory_drops_, kind);
      has_leftovers_ = true;
      break;
  }
}

void Drainer::collect_instruments() noexcept {
  if (!core_.config().enable_metrics) return;
  // First all, then each, so that a redactor that asks for an instrument does not find the registry locked.
  std::vector<std::pair<const Instrument*, Collected>> points;
  try {
    InstrumentRegistry::instance().collect(core_, [&](const Instrument& instrument, Collected collected) {
      ++of(collected_, RecordKind::metric);
      ++of(memory_drops_, RecordKind::metric);  // until it is in the list
      points.emplace_back(&instrument, std::move(collected));
      --of(memory_drops_, RecordKind::metric);
    });
  } catch (const std::bad_alloc&) {
    // What was not visited is collected the next time.
  }
  if (!points.empty() && !has_redacted_resource_) redact_resource();
  for (auto& [instrument, collected] : points) {
    // A record like any other, so that limits, repair and the redactor apply.
    RecordImage image;
    RecordWriter writer(image, core_.config().limits, core_.cuts());
    auto& head = writer.begin<MetricHead>(RecordKind::metric);
    head.trace_id = {};
    head.span_id = {};
    head.ticks = core_.ticks().now();
    head.value = collected.value;
    head.aggregation_type = instrument->type;
    writer.text(EntryKind::name, instrument->name);
    writer.text(EntryKind::unit, instrument->unit);
    writer.attributes(instrument->attributes);
    count(RecordKind::metric, decoder_.decode(image.bytes(), image.used, std::move(collected.distribution)));
    std::free(image.spill);
    dispatch_if_full();
  }
}

void Drainer::add_self_metrics() noexcept {
  if (!has_redacted_resource_) redact_resource();
  try {
    const std::uint64_t added = self_metrics_->add_to(decoder_, core_);
    of(collected_, RecordKind::self_metric) += added;
    of(admitted_, RecordKind::self_metric) += added;
  } catch (const std::bad_alloc&) {
    // The next interval's sums will have what is missing in this one.
  }
}

void Drainer::dispatch_if_full() noexcept {
  const BatchBuilder& builder = decoder_.builder();
  if (builder.size() >= records_per_batch || builder.size_bytes() >= bytes_per_batch) dispatch();
}

void Drainer::dispatch() noexcept {
  if (decoder_.builder().size() == 0 && !has_leftovers_) return;
  try {
    has_leftovers_ = false;
    const auto batch = decoder_.builder().build();
    if (batch->empty()) return;
    for (const auto& worker : workers_) worker->enqueue(batch);
  } catch (const std::bad_alloc&) {
    // The builder keeps what it has for the next round.
  }
}

void Drainer::add_to(Stats& stats, const RingSet& rings) const {
  std::unique_lock lock(round_mutex_, std::defer_lock);
  if (std::this_thread::get_id() != thread_id_) lock.lock();  // otherwise a redactor asks, within the round
  add_in_round(stats, rings);
}

void Drainer::add_in_round(Stats& stats, const RingSet& rings) const {
  rings.add_to(stats, popped_);
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    FrontRow& row = stats.front[kind];
    row.recorded += collected_[kind];
    row.admitted += admitted_[kind];
    row.dropped[static_cast<std::size_t>(DropReason::redactor)] += redactor_drops_[kind];
    row.dropped[static_cast<std::size_t>(DropReason::out_of_memory)] += memory_drops_[kind];
  }
  stats.texts_repaired = decoder_.texts_repaired();
}

}  // namespace spark::detail
