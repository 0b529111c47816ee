#include "sink_worker.h"

#include <pthread.h>
#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

#include "merged_batch.h"
#include "thread_state.h"

namespace spark::detail {
namespace {

std::string message_of_current_exception() {
  try {
    throw;
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

using Counts = std::array<std::uint64_t, record_kinds>;

template <class Change>
void each_kind(SinkStats& stats, const Counts& counts, Change&& change) {
  for (std::size_t kind = 0; kind < record_kinds; ++kind) change(stats.rows[kind], counts[kind]);
}

std::uint64_t& dropped(SinkRow& row, DropReason reason) { return row.dropped[static_cast<std::size_t>(reason)]; }

// What a write that returned did with its records. Never more than there were, whatever the sink says.
void count_written(SinkStats& stats, const Counts& counts, const Refusals& refusals) {
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    SinkRow& row = stats.rows[kind];
    std::uint64_t left = counts[kind];
    const auto take = [&left](std::uint64_t wanted) {
      const std::uint64_t taken = std::min(wanted, left);
      left -= taken;
      return taken;
    };
    const std::uint64_t kept = std::min(refusals.kept[kind], counts[kind]);
    row.in_flight -= counts[kind] - kept;  // its progress counts what is kept, perhaps already
    dropped(row, DropReason::rejected) += take(refusals.rejected[kind]);
    dropped(row, DropReason::invalid) += take(refusals.invalid[kind]);
    dropped(row, DropReason::spool_full) += take(refusals.spool_full[kind]);
    static_cast<void>(take(kept));
    row.exported += left;
  }
}

// What the sink did by itself. True if records were lost in it.
bool count_progress(SinkStats& stats, const SinkProgress& progress) {
  bool is_loss = false;
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    const SinkProgress::Row& change = progress.rows[kind];
    SinkRow& row = stats.rows[kind];
    row.recovered += change.recovered;
    row.exported += change.exported;
    for (std::size_t reason = 0; reason < drop_reasons; ++reason) row.dropped[reason] += change.dropped[reason];
    row.in_flight -= change.kept;
    row.spooled += change.kept + change.recovered - change.exported - sum(change.dropped);
    is_loss = is_loss || sum(change.dropped) > 0;
  }
  stats.retries += progress.retries;
  stats.breaker = progress.breaker;
  stats.spool_bytes = progress.spool_bytes;
  return is_loss;
}

}  // namespace

SinkWorker::SinkWorker(std::unique_ptr<Sink> sink, std::size_t queue_bytes)
    : queue_bytes_limit_(queue_bytes),
      name_(sink->name()),
      sink_(std::move(sink)),
      store_(std::dynamic_pointer_cast<Store>(sink_)) {
  stats_.name = name_;
}

void SinkWorker::start() {
  const BlockedSignals blocked;  // the application's signals are for the application's threads
  const std::lock_guard lock(mutex_);
  thread_ = std::thread([self = shared_from_this()] { self->run(); });
  thread_id_ = thread_.get_id();
  pthread_setname_np(thread_.native_handle(), "spark-sink");
}

void SinkWorker::enqueue(std::shared_ptr<const Batch> batch) noexcept {
  const Counts counts = batch->counts();
  const std::size_t size = batch->size_bytes();
  const std::lock_guard lock(mutex_);
  each_kind(stats_, counts, [](SinkRow& row, std::uint64_t n) { row.admitted += n; });
  // A batch is let in whatever its size when there is none, neither waiting nor being written; a flush that waits in
  // the queue is none.
  const bool fits = queue_bytes_ + size <= queue_bytes_limit_ || queue_bytes_ == 0;
  DropReason reason = DropReason::queue_full;
  if (is_stopping_ || has_ended_) {
    reason = DropReason::shut_down;
  } else if (fits) {
    try {
      queue_.emplace_back(std::move(batch));
      queue_bytes_ += size;
      each_kind(stats_, counts, [](SinkRow& row, std::uint64_t n) { row.queued += n; });
      work_.notify_one();
      return;
    } catch (const std::bad_alloc&) {
      reason = DropReason::out_of_memory;
    }
  }
  each_kind(stats_, counts, [reason](SinkRow& row, std::uint64_t n) { dropped(row, reason) += n; });
  lost_batches_.fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t SinkWorker::request_flush(Deadline deadline) noexcept {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = ++tickets_given_;
  if (has_ended_) return number;  // nobody reads the queue any more; wait_flushed says so
  try {
    queue_.emplace_back(FlushTicket{number, deadline});
  } catch (const std::bad_alloc&) {
    // wait_flushed then ends by its deadline and says that it did.
  }
  work_.notify_one();
  return number;
}

FlushResult::SinkResult SinkWorker::wait_flushed(std::uint64_t ticket, Deadline deadline) noexcept {
  FlushResult::SinkResult result{.name = name_};
  std::unique_lock lock(mutex_);
  if (is_own_thread()) {
    result.error = "flush was called from inside this sink, which cannot wait for itself";
    return result;
  }
  const auto is_served = [&] { return tickets_served_ >= ticket || has_ended_; };
  if (!done_.wait_until(lock, deadline, is_served)) {
    update();
    result.error = "the deadline passed while the sink was at work";
    if (!stats_.last_error.empty()) result.error += "; its last error: " + stats_.last_error;
  } else if (tickets_served_ < ticket) {
    result.error = "the sink had been shut down";
  } else if (const auto failed = failed_tickets_.find(ticket); failed != failed_tickets_.end()) {
    result.error = std::move(failed->second);
    failed_tickets_.erase(failed);
  } else {
    result.complete = true;
  }
  return result;
}

void SinkWorker::stop(Deadline deadline) noexcept {
  std::unique_lock lock(mutex_);
  is_stopping_ = true;
  work_.notify_one();
  bool ended = !is_own_thread() && done_.wait_until(lock, deadline, [&] { return has_ended_; });
  if (!ended && !is_own_thread() && abandon_sink(lock)) {
    // Better a moment late than a thread in a library that the end of the process takes apart below it. In that moment
    // a sink with a spool saves what is queued; others refuse it.
    ended = done_.wait_for(lock, end_of_abandoned_sink, [&] { return has_ended_; });
  }
  // On its own thread the sink goes on with what is queued when it returns from here.
  if (!ended && !is_own_thread()) drop_queued();
  if (!thread_.joinable()) return;
  std::thread thread = std::move(thread_);
  lock.unlock();
  if (ended) {
    thread.join();
  } else {
    thread.detach();
  }
}

void SinkWorker::await_delivery(Deadline deadline) noexcept {
  constexpr std::chrono::milliseconds glance{1};
  std::unique_lock lock(mutex_);
  while (!is_own_thread()) {
    update();
    if (!is_delivering_ || Deadline::clock::now() >= deadline) return;
    lock.unlock();
    std::this_thread::sleep_for(glance);
    lock.lock();
  }
}

void SinkWorker::rescue(Deadline deadline) noexcept {
  std::unique_lock lock(mutex_);
  const auto is_idle = [&] { return has_ended_ || (queue_.empty() && !is_in_sink_); };
  // What a sink does by itself, it does with the first of its mutexes.
  const auto work = sink_ != nullptr ? sink_->work_mutexes() : std::vector<std::mutex*>();
  const auto is_at_rest = [&] {
    if (work.empty()) return true;
    const std::unique_lock right(*work[0], std::try_to_lock);
    return right.owns_lock();
  };
  if (is_own_thread() || (is_idle() && is_at_rest())) return;
  const std::shared_ptr<Sink> sink = sink_;  // whose mutexes these are
  if (!abandon_sink(lock)) return;
  done_.wait_until(lock, deadline, is_idle);
  lock.unlock();
  while (!is_at_rest() && Deadline::clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

bool SinkWorker::abandon_sink(std::unique_lock<std::mutex>& lock) noexcept {
  std::shared_ptr<Sink> sink = sink_;
  is_abandoned_ = true;
  // Whatever the sink does there, it may ask for our statistics, and nobody waits for our lock meanwhile.
  lock.unlock();
  const bool is_told = sink != nullptr && sink->abandon();
  sink.reset();
  lock.lock();
  return is_told;
}

bool SinkWorker::park(ForkLocks& locks, Deadline deadline) {
  if (!lock_until(locks, mutex_, deadline)) return false;
  const auto work = sink_ != nullptr ? sink_->work_mutexes() : std::vector<std::mutex*>();
  if (!work.empty()) {
    return std::all_of(work.begin(), work.end(),
                       [&](std::mutex* mutex) { return lock_until(locks, *mutex, deadline); });
  }
  return done_.wait_until(locks.back(), deadline, [&] { return !is_in_sink_; });
}

void SinkWorker::drop_queued() noexcept {
  for (const Item& item : queue_) {
    const auto* batch = std::get_if<0>(&item);
    if (batch == nullptr) continue;
    queue_bytes_ -= (*batch)->size_bytes();
    each_kind(stats_, (*batch)->counts(), [](SinkRow& row, std::uint64_t n) {
      row.queued -= n;
      dropped(row, DropReason::deadline) += n;
    });
  }
  queue_.clear();
}

void SinkWorker::run() noexcept {
  thread_state.is_telemetry_thread = true;
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [&] { return !queue_.empty() || is_stopping_; });
    if (queue_.empty()) break;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    is_in_sink_ = true;
    if (const auto* ticket = std::get_if<FlushTicket>(&item)) {
      lock.unlock();
      flush(*ticket);
      lock.lock();
      leave_sink();
      continue;
    }
    auto first = std::get<0>(std::move(item));
    Batches batches = take_batches(first);
    if (batches.empty()) {
      drop_for_memory(*first);
      leave_sink();
      continue;
    }
    first.reset();
    for (const auto& batch : batches) {
      each_kind(stats_, batch->counts(), [](SinkRow& row, std::uint64_t n) {
        row.queued -= n;
        row.in_flight += n;
      });
    }
    const std::uint64_t retries_before = stats_.retries;
    lock.unlock();
    write(std::move(batches));
    lock.lock();
    is_far_end_troubled_ = stats_.retries != retries_before || stats_.breaker != BreakerState::closed;
    leave_sink();
  }
  is_in_sink_ = true;
  // Closing may take its time (a store writes its last page): outside of the lock, before the end is announced.
  lock.unlock();
  sink_->close();
  lock.lock();
  update();
  auto sink = std::move(sink_);
  auto store = std::move(store_);
  sink_ = nullptr;
  store_ = nullptr;
  lock.unlock();
  store.reset();
  sink.reset();
  lock.lock();
  has_ended_ = true;
  leave_sink();
}

void SinkWorker::drop_for_memory(const Batch& batch) noexcept {
  queue_bytes_ -= batch.size_bytes();
  each_kind(stats_, batch.counts(), [](SinkRow& row, std::uint64_t n) {
    row.queued -= n;
    dropped(row, DropReason::out_of_memory) += n;
  });
  lost_batches_.fetch_add(1, std::memory_order_relaxed);
}

SinkWorker::Batches SinkWorker::take_batches(const std::shared_ptr<const Batch>& first) noexcept {
  Batches taken;
  std::size_t records = first->size(), bytes = first->size_bytes();
  const Resource* const resource = &first->resource();
  try {
    taken.push_back(first);
    // Where each write takes some attempts, and waits between them, many small ones would never keep up.
    while (is_far_end_troubled_ && !queue_.empty()) {
      const auto* const next = std::get_if<0>(&queue_.front());
      if (next == nullptr || &(*next)->resource() != resource) break;
      records += (*next)->size();
      bytes += (*next)->size_bytes();
      if (records > most_records_together || bytes > most_bytes_together) break;
      taken.push_back(*next);
      queue_.pop_front();
    }
  } catch (const std::bad_alloc&) {
    // The others stay where they are.
  }
  return taken;
}

void SinkWorker::leave_sink() noexcept {
  is_in_sink_ = false;
  done_.notify_all();
}

void SinkWorker::write(Batches batches) noexcept {
  Counts counts{};
  std::size_t size = 0;
  for (const auto& batch : batches) {
    const Counts of_batch = batch->counts();
    for (std::size_t kind = 0; kind < record_kinds; ++kind) counts[kind] += of_batch[kind];
    size += batch->size_bytes();
  }
  std::string error;
  Refusals refusals;
  bool failed = false;
  try {
    sink_->write(batches.size() == 1 ? *batches[0] : *merged_batch(batches));
    refusals = sink_->take_refusals();
    error = std::move(refusals.message);
  } catch (...) {
    failed = true;
    try {
      error = message_of_current_exception();
    } catch (const std::bad_alloc&) {
      // The count below says it all the same.
    }
  }
  batches.clear();  // before their room is another's
  const std::lock_guard lock(mutex_);
  queue_bytes_ -= size;
  ++stats_.batches;
  if (!failed) {
    count_written(stats_, counts, refusals);
    update();
    // Whoever declared a graph that was refused declares it again.
    constexpr auto graph = static_cast<std::size_t>(RecordKind::graph);
    if (refusals.rejected[graph] != 0 || refusals.spool_full[graph] != 0) {
      lost_batches_.fetch_add(1, std::memory_order_relaxed);
    }
    if (refusals.rejected != Counts{} || refusals.invalid != Counts{} || refusals.spool_full != Counts{}) {
      return note_loss(error);
    }
    if (!error.empty()) note_warning(error);
    return;
  }
  const DropReason reason = is_abandoned_ ? DropReason::deadline : DropReason::sink_error;
  each_kind(stats_, counts, [reason](SinkRow& row, std::uint64_t n) {
    row.in_flight -= n;
    dropped(row, reason) += n;
  });
  update();
  note_loss(error);
  lost_batches_.fetch_add(1, std::memory_order_relaxed);
}

void SinkWorker::update() noexcept {
  is_delivering_ = false;
  if (sink_ == nullptr) return;
  try {
    const SinkProgress progress = sink_->take_progress();
    const bool is_loss = count_progress(stats_, progress);
    is_delivering_ = progress.is_delivering;
    if (progress.rows[static_cast<std::size_t>(RecordKind::graph)].dropped != Drops{}) {
      lost_batches_.fetch_add(1, std::memory_order_relaxed);
    }
    if (is_loss) {
      note_loss(progress.message);
    } else if (!progress.message.empty()) {
      note_warning(progress.message);
    }
  } catch (const std::bad_alloc&) {
    // Told the next time.
  }
}

void SinkWorker::note_loss(const std::string& error) noexcept {
  // Dropped for good is final too (the ledger has it), but whoever flushes wants to hear of it: those who wait now, or
  // else the next one.
  for (std::uint64_t ticket = tickets_served_ + 1; ticket <= std::max(tickets_given_, tickets_served_ + 1); ++ticket) {
    note_failure(ticket, error);
  }
}

void SinkWorker::note_warning(const std::string& warning) noexcept {
  try {
    stats_.last_error = warning;
  } catch (const std::bad_alloc&) {
    // Nothing was lost.
  }
}

void SinkWorker::note_failure(std::uint64_t ticket, const std::string& error) noexcept {
  try {
    if (!error.empty()) stats_.last_error = error;
    // Who gave up waiting does not come for it.
    if (failed_tickets_.size() >= max_failed_tickets) failed_tickets_.erase(failed_tickets_.begin());
    failed_tickets_.emplace(ticket, error);
  } catch (const std::bad_alloc&) {
    // The counts say it all the same.
  }
}

void SinkWorker::flush(const FlushTicket& ticket) noexcept {
  std::string error;
  try {
    sink_->flush(ticket.deadline);
  } catch (...) {
    try {
      error = message_of_current_exception();
    } catch (const std::bad_alloc&) {
      error = "out of memory";
    }
  }
  const std::lock_guard lock(mutex_);
  update();
  if (!error.empty()) note_failure(ticket.number, error);
  tickets_served_ = ticket.number;
  done_.notify_all();
}

SinkStats SinkWorker::stats() {
  const std::lock_guard lock(mutex_);
  update();
  return stats_;
}

SinkWorker::Losses SinkWorker::take_losses(Unfinished unfinished) {
  const std::lock_guard lock(mutex_);
  update();
  Losses losses{.sink = name_, .last_error = stats_.last_error};
  for (const SinkRow& row : stats_.rows) {
    losses.all += row.admitted + row.recovered;
    for (std::size_t reason = 0; reason < drop_reasons; ++reason) losses.lost[reason] += row.dropped[reason];
    if (unfinished == Unfinished::may_succeed) continue;
    losses.lost[static_cast<std::size_t>(DropReason::deadline)] += row.queued + row.in_flight;
  }
  for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
    const std::uint64_t untold = losses.lost[reason] - std::min(losses.lost[reason], told_losses_[reason]);
    told_losses_[reason] += untold;
    losses.lost[reason] = untold;
  }
  return losses;
}

std::shared_ptr<Store> SinkWorker::store() const noexcept {
  const std::lock_guard lock(mutex_);
  return store_;
}

}  // namespace spark::detail
