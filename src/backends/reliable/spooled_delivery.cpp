// Delivery with a spool. A write goes straight to the far end if nothing is waiting and it is known to be there, and to
// the spool otherwise. A thread, the courier, delivers what is in the spool, several batches as one where they fit.
//
// Order: a batch goes straight only while the sink's own file is empty, and only with the right, which the courier has
// while it delivers; only writes append, and there is one at a time. So batches of one sink arrive in their order.
//
// What was begun is ended before anything else is: of a batch that arrived in part the inner sink knows what is missing
// only until it is given another one.
#include <pthread.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "backends/reliable/batch_codec.h"
#include "backends/reliable/delivery.h"
#include "backends/reliable/spool.h"
#include "spark/base/error.h"
#include "telemetry/merged_batch.h"
#include "telemetry/thread_state.h"

namespace spark::detail::reliable {
namespace {

using namespace std::chrono_literals;
using Rows = std::vector<SpoolFile::Row>;
using Batches = std::vector<std::shared_ptr<const Batch>>;

class SpooledDelivery final : public ReliableSink::Delivery {
 public:
  SpooledDelivery(std::unique_ptr<Sink> inner, const ReliableOptions& options, const ReliableSources& sources)
      : Delivery(std::move(inner), options, sources), spool_(options, sources.durability, inner_->destination()) {
    count_found(spool_.own());
    const BlockedSignals blocked;  // the application's signals are for the application's threads
    try {
      courier_ = std::thread([this] { run(); });
    } catch (const std::system_error& error) {
      throw Error(ErrorCode::unavailable, std::string("starting the delivery from a spool: ") + error.what());
    }
    pthread_setname_np(courier_.native_handle(), "spark-courier");
  }

  void write(const Batch& batch) override {
    refusals_ = {};
    if (write_straight(batch)) return;
    keep(batch);
  }

  // What was appended is safe already; what went straight is as safe as the inner sink makes it.
  void flush(Deadline deadline) override {
    if (!needs_flush_) return;
    std::unique_lock right(right_, std::defer_lock);
    while (!right.try_lock()) {
      if (Deadline::clock::now() >= deadline) throw Error(ErrorCode::timeout, "flush: a delivery is still under way");
      std::this_thread::sleep_for(1ms);
    }
    inner_->flush(deadline);
    needs_flush_ = false;
  }

  [[nodiscard]] SinkProgress take_progress() override {
    SinkProgress taken = Delivery::take_progress();
    taken.spool_bytes = spool_.own().bytes() + adopted_bytes_.load(std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    const bool has_rows = spool_.own().has_rows() || adopted_bytes_.load(std::memory_order_relaxed) > 0;
    taken.is_delivering = has_rows && !is_ending() && !is_resting_ && pace_.failures() == 0;
    return taken;
  }

  void close() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      is_closing_ = true;
      changed_.notify_all();
    }
    if (courier_.joinable()) courier_.join();
  }

 private:
  // ---- the writer's ----

  // False: it is to be appended.
  bool write_straight(const Batch& batch) {
    const std::unique_lock right(right_, std::try_to_lock);
    if (!right.owns_lock() || spool_.own().has_rows() || has_begun()) return false;
    {
      const std::lock_guard lock(mutex_);
      if (is_abandoned_ || clock_.steady_now() < pace_.next_attempt()) return false;
    }
    Attempt result = attempt(batch, false);
    switch (result.outcome) {
      case Attempt::Outcome::taken:
        refusals_ = std::move(result.refusals);
        needs_flush_ = true;
        return true;
      case Attempt::Outcome::refused:
        std::rethrow_exception(result.error);
      case Attempt::Outcome::failed:
      case Attempt::Outcome::broken_off:
        break;
    }
    is_head_tried_ = true;  // the file is empty: this batch will be its first
    flush_before_trouble();
    return false;
  }

  // Later, a flush would have to wait for the courier, who may wait long for a far end that does not answer.
  void flush_before_trouble() noexcept {
    if (!needs_flush_) return;
    try {
      inner_->flush(Deadline::clock::now() + flush_patience);
      needs_flush_ = false;
    } catch (...) {
      // The next flush says why.
    }
  }

  void keep(const Batch& batch) {
    const std::string bytes = encode_batch(batch);
    const Counts records = batch.counts();
    // Before it is there: the courier may have delivered it before append() returns.
    count_kept(records, true);
    SpoolFile::Appended appended;
    try {
      appended = spool_.own().append(bytes, records);
    } catch (...) {
      forget_head();
      count_kept(records, false);
      throw;
    }
    if (!appended.is_kept) {
      forget_head();
      count_kept(records, false);
    }
    (appended.is_kept ? refusals_.kept : refusals_.spool_full) = records;
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
    for (std::size_t kind = 0; kind < record_kinds; ++kind) {
      dropped(kind, DropReason::spool_full) += appended.dropped[kind];
    }
    if (!appended.is_kept || appended.dropped != Counts{}) say_full(appended.is_kept ? "oldest" : "newest");
  }

  // Nothing will come of the batch that was tried.
  void forget_head() {
    const std::lock_guard lock(mutex_);
    is_head_tried_ = false;
    changed_.notify_all();
  }

  // With the mutex.
  void say_full(const char* which) noexcept {
    try {
      progress_.message = "spool " + spool_.path() + " is full (spool_bytes is " +
                          std::to_string(options_.spool_bytes) + "): the " + which + " records are dropped";
      refusals_.message = progress_.message;
    } catch (const std::bad_alloc&) {
      // The counts say it all the same.
    }
  }

  void count_kept(const Counts& records, bool is_kept) {
    const std::lock_guard lock(mutex_);
    for (std::size_t kind = 0; kind < record_kinds; ++kind) {
      progress_.rows[kind].kept += is_kept ? records[kind] : -records[kind];
    }
  }

  // With the mutex, as is the next.
  std::uint64_t& dropped(std::size_t kind, DropReason reason) {
    return progress_.rows[kind].dropped[static_cast<std::size_t>(reason)];
  }

  // ---- the courier's ----

  void count_found(const SpoolFile& file) {
    const std::lock_guard lock(mutex_);
    for (std::size_t kind = 0; kind < record_kinds; ++kind) progress_.rows[kind].recovered += file.found()[kind];
  }

  [[nodiscard]] bool is_ending() const noexcept { return is_closing_ || is_abandoned_; }

  void run() noexcept {
    thread_state.is_telemetry_thread = true;
    for (;;) {
      try {
        if (!work()) return;
      } catch (const std::exception& error) {
        // A spool that cannot be read, say, or no memory: not the far end's fault, and perhaps over later.
        note_trouble(error.what());
      }
    }
  }

  void note_trouble(const char* message) noexcept {
    std::unique_lock lock(mutex_);
    try {
      progress_.message = message;
    } catch (const std::bad_alloc&) {
      // The next one may be told.
    }
    is_resting_ = true;
    wait_until(lock, clock_.steady_now() + rest_after_trouble, [this] { return is_ending(); });
    is_resting_ = false;
  }

  // One write, or one look around. False: that was all.
  bool work() {
    std::unique_lock lock(mutex_);
    if (!has_batch() && !has_more_to_shrink_) {
      wait_until(lock, next_look_, [this] { return is_ending() || has_batch(); });
    }
    if (has_batch()) wait_until(lock, pace_.next_attempt(), [this] { return is_ending(); });
    if (is_ending()) return false;
    lock.unlock();
    if (has_batch()) {
      const bool is_adopted = has_begun() ? tried_.file == adopted_.get() : !spool_.own().has_rows();
      SpoolFile& file = is_adopted ? *adopted_ : spool_.own();
      deliver(file);
      tidy(file);
    } else if (has_more_to_shrink_) {
      tidy(spool_.own());
    } else {
      look_around();
    }
    return true;
  }

  // Not while a batch that was tried is on its way into the own file: that one is the next.
  [[nodiscard]] bool has_batch() const noexcept {
    return spool_.own().has_rows() || (adopted_ != nullptr && !is_head_tried_);
  }
  // An attempt has to be repeated. With the right, or as the courier.
  [[nodiscard]] bool has_begun() const noexcept { return tried_.file != nullptr && !over_; }

  // Gives some of the disk back; much would keep writers waiting.
  void tidy(SpoolFile& file) {
    if (file.is_damaged()) {
      const std::lock_guard right(right_);
      set_aside(file, "spool " + spool_.path() + ": the file is damaged", true);
    }
    const bool has_more = file.shrink();
    if (&file == &spool_.own()) {
      has_more_to_shrink_ = has_more;
      return;
    }
    adopted_bytes_ = file.bytes();
    if (!has_more && !file.has_rows()) adopted_ = nullptr;
  }

  // There is nothing to do: perhaps somebody has left something.
  void look_around() {
    next_look_ = clock_.steady_now() + look_interval;
    if (adopted_ != nullptr) return;
    Spool::Adopted found = spool_.adopt();
    if (!found.trouble.empty()) {
      const std::lock_guard lock(mutex_);
      progress_.message = std::move(found.trouble);
    }
    if (found.file == nullptr) return;
    count_found(*found.file);
    adopted_ = std::move(found.file);
    adopted_bytes_ = adopted_->bytes();
  }

  void deliver(SpoolFile& file) {
    const std::lock_guard right(right_);
    // It was delivered and could not be deleted, since the disk is full for example: not a second time.
    if (over_) return finish();
    {
      // A write may have failed while the right was waited for.
      const std::lock_guard lock(mutex_);
      if (is_ending() || clock_.steady_now() < pace_.next_attempt()) return;
    }
    const bool is_own = &file == &spool_.own();
    if (is_head_tried_ && !is_own) return;
    const bool is_head = is_own && is_head_tried_;
    Rows rows;
    try {
      rows = file.front(most_of(file, is_head));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      return set_aside(file, error.what(), false);
    }
    if (rows.empty()) {
      forget_attempts(file);
      return count_vanished(file);
    }
    Batches batches;
    try {
      batches = decode_alike(rows);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::corrupt) throw;
      rows.resize(1);
      return lose(file, std::move(rows), "spool " + spool_.path() + ": " + error.what());
    }
    flush_before_trouble();
    const auto batch = batches.size() == 1 ? batches.front() : merged_batch(batches);
    is_head_tried_ = false;
    const bool is_repetition = is_head || tried_.file == &file;
    tried_ = {.file = &file, .last_sequence = rows.back().sequence};
    conclude(file, std::move(rows), attempt(*batch, is_repetition));
  }

  void conclude(SpoolFile& file, Rows&& rows, Attempt&& result) {
    switch (result.outcome) {
      case Attempt::Outcome::taken:
        inner_->flush(Deadline::clock::now() + flush_patience);  // before it is nowhere else
        over_ = Over{.file = &file, .rows = std::move(rows), .is_taken = true, .refusals = std::move(result.refusals)};
        return finish();
      case Attempt::Outcome::refused:
        if (rows.size() == 1) return lose(file, std::move(rows), result.message);
        // Perhaps only one of them is the reason, or their size.
        alone_ = {.file = &file, .rows = rows.size()};
        tried_ = {};
        return;
      case Attempt::Outcome::failed:
        return;
      case Attempt::Outcome::broken_off: {
        const std::lock_guard lock(mutex_);
        // Nobody else breaks a write off; a far end that does so itself is left alone for a while.
        if (!is_ending()) pace_.failed(clock_.steady_now(), {});
      }
    }
  }

  // Where each write takes some attempts, and waits between them, many small ones would never keep up. What was tried
  // is tried again just as it was: the inner sink may remember which part of it has arrived.
  [[nodiscard]] SpoolFile::Most most_of(const SpoolFile& file, bool is_head) const noexcept {
    SpoolFile::Most most;
    if (is_head || (alone_.file == &file && alone_.rows > 0)) return most;
    most.records = most_records_together;
    // So that a spool that drops the oldest always has some to drop.
    most.bytes = std::min<std::uint64_t>(most_bytes_together, options_.spool_bytes / 4);
    if (tried_.file == &file) most.last_sequence = tried_.last_sequence;
    return most;
  }

  // The batches of the first rows, as many as are of one resource and whole; the rows behind them are left out. Throws
  // for the first one.
  Batches decode_alike(Rows& rows) const {
    Batches batches{decode(rows.front())};
    for (std::size_t i = 1; i < rows.size(); ++i) {
      try {
        auto batch = decode(rows[i]);
        if (batch->resource() != batches.front()->resource()) break;
        batches.push_back(std::move(batch));
      } catch (const Error&) {
        break;  // said when it is the first
      }
    }
    rows.resize(batches.size());
    return batches;
  }

  static std::shared_ptr<const Batch> decode(const SpoolFile::Row& row) {
    if (row.is_unreadable) throw Error(ErrorCode::corrupt, "a batch is damaged: it cannot be read");
    auto batch = decode_batch(row.batch);
    if (batch->counts() != row.records) throw Error(ErrorCode::corrupt, "a batch is damaged: its counts are wrong");
    return batch;
  }

  void lose(SpoolFile& file, Rows&& rows, const std::string& why) {
    over_ = Over{.file = &file, .rows = std::move(rows), .is_taken = false, .refusals = {.message = why}};
    finish();
  }

  // Deletes the rows that are over, and counts what became of them.
  void finish() {
    const bool is_deleted = over_->file->remove(over_->rows);
    const Over over = std::move(*over_);
    over_.reset();
    tried_ = {};
    if (over.file == &spool_.own()) is_head_tried_ = false;
    if (alone_.file == over.file) alone_.rows -= std::min(alone_.rows, over.rows.size());
    Counts records{};
    for (const SpoolFile::Row& row : over.rows) {
      for (std::size_t kind = 0; kind < record_kinds; ++kind) records[kind] += row.records[kind];
    }
    const std::lock_guard lock(mutex_);
    for (std::size_t kind = 0; kind < record_kinds; ++kind) {
      const std::uint64_t all = records[kind];
      if (!over.is_taken) {
        dropped(kind, DropReason::sink_error) += all;
        continue;
      }
      const std::uint64_t rejected = std::min(over.refusals.rejected[kind], all);
      const std::uint64_t invalid = std::min(over.refusals.invalid[kind], all - rejected);
      dropped(kind, DropReason::rejected) += rejected;
      dropped(kind, DropReason::invalid) += invalid;
      progress_.rows[kind].exported += all - rejected - invalid;
    }
    if (!over.refusals.message.empty()) {
      progress_.message = over.refusals.message;
    } else if (!is_deleted) {
      progress_.message = "spool " + spool_.path() +
                          ": a batch that is delivered cannot be deleted, because the file is "
                          "damaged; it is set aside when all of it is delivered";
    }
  }

  void count_vanished(SpoolFile& file) {
    const Counts vanished = file.take_vanished();
    if (vanished == Counts{}) return;
    const std::lock_guard lock(mutex_);
    for (std::size_t kind = 0; kind < record_kinds; ++kind) dropped(kind, DropReason::sink_error) += vanished[kind];
    progress_.message = "spool " + spool_.path() + ": records are not in it any more: somebody else has deleted them";
  }

  // What was in it is not there any more.
  void forget_attempts(const SpoolFile& file) noexcept {
    if (tried_.file == &file) tried_ = {};
    if (alone_.file == &file) alone_ = {};
    if (&file == &spool_.own()) is_head_tried_ = false;
  }

  // Nothing more can be had from it, or there is nothing more in it.
  void set_aside(SpoolFile& file, const std::string& why, bool only_if_empty) {
    const auto lost = file.set_aside(only_if_empty);
    if (!lost) return;
    // One that was tried may be on its way into the new file if this one was empty.
    if (!only_if_empty) forget_attempts(file);
    const std::lock_guard lock(mutex_);
    for (std::size_t kind = 0; kind < record_kinds; ++kind) dropped(kind, DropReason::sink_error) += (*lost)[kind];
    progress_.message = why + "; it is renamed, with \"-damaged\" at its end, and a new one begun";
  }

  static constexpr std::chrono::nanoseconds look_interval = 5s, rest_after_trouble = 5s;
  static constexpr std::chrono::seconds flush_patience{1};
  static constexpr std::uint64_t most_records_together = 10'000;  // as many as the drainer puts into a batch
  static constexpr std::uint64_t most_bytes_together = 4 << 20;   // in the file

  Spool spool_;
  std::atomic<bool> needs_flush_{false};    // the inner sink has what it was not asked to flush yet
  std::atomic<bool> is_head_tried_{false};  // the next batch of the own file was written straight, in vain
  // The courier's; it changes the next two with the right, so that writes may look at them.
  struct Over {
    SpoolFile* file;
    Rows rows;
    bool is_taken;
    Refusals refusals;
  };
  std::optional<Over> over_;  // batches that need no further attempt, and are in the file still
  struct Tried {
    const SpoolFile* file = nullptr;
    std::int64_t last_sequence = 0;
  };
  Tried tried_;  // the last attempt, if it has to be repeated
  struct Alone {
    const SpoolFile* file = nullptr;
    std::size_t rows = 0;  // the first ones of the file
  };
  Alone alone_;  // batches that were refused together
  std::unique_ptr<SpoolFile> adopted_;
  std::atomic<std::uint64_t> adopted_bytes_{0};
  std::chrono::nanoseconds next_look_ = std::chrono::nanoseconds::min();
  bool has_more_to_shrink_ = false;
  bool is_closing_ = false;  // guarded by the mutex, as is the next
  bool is_resting_ = false;  // after a trouble of its own
  std::thread courier_;
};

}  // namespace

std::unique_ptr<ReliableSink::Delivery> make_spooled_delivery(std::unique_ptr<Sink> inner,
                                                              const ReliableOptions& options,
                                                              const ReliableSources& sources) {
  return std::make_unique<SpooledDelivery>(std::move(inner), options, sources);
}

}  // namespace spark::detail::reliable
