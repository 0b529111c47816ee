// How a ReliableSink delivers: with a spool or without. The base has what both need: the inner sink, the pace of
// attempts, waits on the injected clock, and the account of what was done.
//
// Two mutexes, taken in this order. `right_` is the right to call the inner sink: held during each of its functions,
// but for abandon(). `mutex_` guards what is below it, for moments. A fork takes both (Sink::work_mutexes); whoever
// waits holds neither.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>

#include "backends/reliable/pace.h"
#include "spark/backends/reliable.h"

namespace spark {

class ReliableSink::Delivery {
 public:
  Delivery(std::unique_ptr<Sink> inner, const ReliableOptions& options, const ReliableSources& sources);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  virtual ~Delivery() = default;

  // As those of Sink.
  [[nodiscard]] std::string_view name() const noexcept { return inner_->name(); }
  virtual void write(const Batch& batch) = 0;
  virtual void flush(Deadline deadline) = 0;
  [[nodiscard]] Refusals take_refusals() { return std::exchange(refusals_, {}); }
  bool abandon() noexcept;
  [[nodiscard]] virtual SinkProgress take_progress();
  virtual void close() noexcept {}
  [[nodiscard]] std::vector<std::mutex*> work_mutexes() { return {&right_, &mutex_}; }

 protected:
  struct Attempt {
    enum class Outcome : std::uint8_t { taken, refused, failed, broken_off };
    Outcome outcome = Outcome::taken;
    Refusals refusals = {};         // if taken
    std::exception_ptr error = {};  // else
    std::string message = {};       // else
  };

  // Calls the inner sink. With the right, and without the mutex.
  [[nodiscard]] Attempt attempt(const Batch& batch, bool is_repetition);
  // Waits until the clock has come to `time` or the condition holds, without the right. Time that is not the system's
  // tells nobody when it moves on, so that it is looked at again and again.
  template <class Condition>
  void wait_until(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds time, Condition condition) {
    constexpr std::chrono::nanoseconds glance = std::chrono::milliseconds(1);
    constexpr std::chrono::nanoseconds longest = std::chrono::hours(1);
    while (!condition()) {
      const auto now = clock_.steady_now();
      if (now >= time) return;
      changed_.wait_for(lock, std::min(time - now, is_system_clock_ ? longest : glance));
    }
  }

  const ReliableOptions options_;
  const Clock& clock_;
  std::mutex right_;
  std::unique_ptr<Sink> inner_;
  Refusals refusals_;  // of the last write

  std::mutex mutex_;
  std::condition_variable changed_;
  detail::reliable::Pace pace_;
  SinkProgress progress_;
  bool is_abandoned_ = false;

 private:
  const bool is_system_clock_;
  std::atomic<bool> is_in_inner_{false};
};

namespace detail::reliable {

// Without a spool: tries again until it has succeeded, or for long enough.
[[nodiscard]] std::unique_ptr<ReliableSink::Delivery> make_patient_delivery(std::unique_ptr<Sink> inner,
                                                                            const ReliableOptions& options,
                                                                            const ReliableSources& sources);
// With one. Throws as ReliableSink's constructor.
[[nodiscard]] std::unique_ptr<ReliableSink::Delivery> make_spooled_delivery(std::unique_ptr<Sink> inner,
                                                                            const ReliableOptions& options,
                                                                            const ReliableSources& sources);

}  // namespace detail::reliable
}  // namespace spark
