// FarEnd is what a ReliableSink delivers to in tests: it takes batches, or fails as the test says, and remembers what
// it was given. The sink owns its inner sink, so a FarEnd lives in a shared_ptr that the test has too.
//
// Safe from any thread. Waits end with an exception, and so fail the test, when what they wait for does not come.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "fakes/recording_sink.h"
#include "spark/backends/reliable.h"

namespace spark::testing {

class FarEnd {
 public:
  explicit FarEnd(const Clock& clock = system_clock()) : clock_(clock) {}

  // ---- what it does; each counts from the next attempt on ----
  void be_up() {
    set([] {});
  }
  void be_down(std::optional<Seconds> retry_after = {}) {
    set([retry_after] { throw RetryableError(ErrorCode::unavailable, "the far end is down", retry_after); });
  }
  // Up, and each attempt takes its time.
  void be_slow(std::chrono::milliseconds time) {
    set([time] { std::this_thread::sleep_for(time); });
  }
  // Down again after so many attempts.
  void be_up_for(int attempts) {
    set([left = attempts]() mutable {
      if (left-- <= 0) throw RetryableError(ErrorCode::unavailable, "the far end is down again");
    });
  }
  void refuse() {
    set([] { throw Error(ErrorCode::invalid_argument, "the far end refuses"); });
  }
  // Whatever else it does.
  void refuse_batches_with(const std::string& name) {
    const std::lock_guard lock(mutex_);
    refused_name_ = name;
  }
  void reject(const Refusals& refusals) {
    const std::lock_guard lock(mutex_);
    refusals_ = refusals;
  }
  // Attempts hang until it is up, down or refuses again, or the sink is abandoned.
  void hang() { set({}); }

  // ---- what it was given ----
  [[nodiscard]] std::vector<std::string> names() const { return copy_of(names_); }  // of the events that it took
  // The names that each attempt was about, with spaces between them.
  [[nodiscard]] std::vector<std::string> contents() const { return copy_of(contents_); }
  // The clock's times of all attempts, in seconds.
  [[nodiscard]] std::vector<double> attempts() const { return copy_of(attempts_); }
  void wait_for_attempts(std::size_t count) {
    wait([&] { return attempts_.size() >= count; });
  }
  void wait_for_names(std::size_t count) {
    wait([&] { return names_.size() >= count; });
  }
  [[nodiscard]] bool was_called_concurrently() const { return copy_of(was_called_concurrently_); }
  [[nodiscard]] std::uint64_t flushes() const { return copy_of(flushes_); }

  // ---- the sink's ----
  void write(const Batch& batch) {
    std::unique_lock lock(mutex_);
    attempts_.push_back(Seconds(clock_.steady_now()).count());
    contents_.emplace_back();
    bool is_refused = false;
    for (const EventView& event : batch.events()) {
      contents_.back().append(contents_.back().empty() ? "" : " ").append(event.name);
      is_refused = is_refused || event.name == refused_name_;
    }
    was_called_concurrently_ = was_called_concurrently_ || is_busy_;
    is_busy_ = true;
    changed_.notify_all();
    const bool is_in_time = changed_.wait_for(lock, fakes::patience, [&] { return behaviour_ || is_abandoned_; });
    is_busy_ = false;
    if (is_abandoned_ && !behaviour_) throw Error(ErrorCode::cancelled, "nobody waits for the far end");
    if (!is_in_time) throw std::runtime_error("the far end hangs for ever");
    behaviour_();
    if (is_refused) throw Error(ErrorCode::invalid_argument, "the far end refuses " + refused_name_);
    for (const EventView& event : batch.events()) names_.emplace_back(event.name);
    changed_.notify_all();
  }
  Refusals take_refusals() { return copy_of(refusals_); }
  void flush() {
    const std::lock_guard lock(mutex_);
    ++flushes_;
  }
  void abandon() {
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
    changed_.notify_all();
  }

 private:
  template <class T>
  [[nodiscard]] T copy_of(const T& member) const {
    const std::lock_guard lock(mutex_);
    return member;
  }
  void set(std::function<void()> behaviour) {
    const std::lock_guard lock(mutex_);
    behaviour_ = std::move(behaviour);
    changed_.notify_all();
  }
  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, fakes::patience, condition)) throw std::runtime_error("the far end waits in vain");
  }

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> behaviour_ = [] {};
  Refusals refusals_;
  std::vector<double> attempts_;
  std::vector<std::string> names_;
  std::vector<std::string> contents_;
  std::string refused_name_;
  std::uint64_t flushes_ = 0;
  bool is_busy_ = false;
  bool was_called_concurrently_ = false;
  bool is_abandoned_ = false;
};

class FarSink final : public Sink {
 public:
  explicit FarSink(std::shared_ptr<FarEnd> far_end) : far_end_(std::move(far_end)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "far"; }
  void write(const Batch& batch) override { far_end_->write(batch); }
  void flush(Deadline) override { far_end_->flush(); }
  [[nodiscard]] Refusals take_refusals() override { return far_end_->take_refusals(); }
  bool abandon() noexcept override {
    far_end_->abandon();
    return true;
  }

 private:
  std::shared_ptr<FarEnd> far_end_;
};

// Waits of milliseconds, for tests on the system's clock.
[[nodiscard]] inline ReliableOptions quick_options(const std::string& spool_path = {}) {
  return {.initial_backoff = Seconds{0.001},
          .max_backoff = Seconds{0.005},
          .probe_interval = Seconds{0.005},
          .spool_path = spool_path};
}

// A batch of one event.
[[nodiscard]] inline std::shared_ptr<const Batch> batch_of(const std::string& name) {
  BatchBuilder builder(std::make_shared<Resource>(Resource{.service_name = "test"}));
  builder.add(Event{.event_id = RecordId::make(1, std::hash<std::string>{}(name)), .name = name});
  return builder.build();
}

// What a manager's ledger makes of a sink's progress, for sinks without a manager. Of all kinds together. One thread
// may write while another one updates.
class Account {
 public:
  explicit Account(ReliableSink& sink) : sink_(sink) {}

  // Throws what the sink throws.
  void write(const Batch& batch) {
    try {
      sink_.write(batch);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      admitted += batch.size();
      dropped += batch.size();
      throw;
    }
    const Refusals refusals = sink_.take_refusals();
    const std::lock_guard lock(mutex_);
    admitted += batch.size();
    const auto total = [](const auto& counts) {
      std::uint64_t sum = 0;
      for (const std::uint64_t count : counts) sum += count;
      return sum;
    };
    const std::uint64_t lost = total(refusals.rejected) + total(refusals.invalid) + total(refusals.spool_full);
    dropped += lost;
    exported += batch.size() - lost - total(refusals.kept);
  }
  void update() {
    const SinkProgress progress = sink_.take_progress();
    const std::lock_guard lock(mutex_);
    for (const SinkProgress::Row& row : progress.rows) {
      recovered += row.recovered;
      exported += row.exported;
      dropped += sum(row.dropped);
      spooled += row.kept + row.recovered - row.exported - sum(row.dropped);
    }
    retries += progress.retries;
    breaker = progress.breaker;
    spool_bytes = progress.spool_bytes;
    if (!progress.message.empty()) {
      message = progress.message;
      ++messages;
    }
  }
  // Waits until it holds.
  template <class Condition>
  void wait(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + fakes::patience;
    for (update(); !condition(); update()) {
      if (std::chrono::steady_clock::now() >= end) throw std::runtime_error("the sink's account waits in vain");
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  }
  [[nodiscard]] bool is_balanced() {
    update();
    return admitted + recovered == exported + dropped + spooled;
  }

  std::uint64_t admitted = 0, recovered = 0, exported = 0, dropped = 0, spooled = 0;
  std::uint64_t retries = 0, messages = 0, spool_bytes = 0;
  BreakerState breaker = BreakerState::closed;
  std::string message;

 private:
  ReliableSink& sink_;
  std::mutex mutex_;
};

}  // namespace spark::testing
