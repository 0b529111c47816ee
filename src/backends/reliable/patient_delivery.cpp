// Delivery without a spool: a write tries until the batch is taken, or was tried for long enough.
#include <string>

#include "backends/reliable/delivery.h"

namespace spark::detail::reliable {
namespace {

class PatientDelivery final : public ReliableSink::Delivery {
 public:
  using Delivery::Delivery;

  void write(const Batch& batch) override {
    refusals_ = {};
    const auto began = clock_.steady_now();
    std::string last_error;
    for (std::uint64_t attempts = 0;; ++attempts) {
      wait_for_turn(began, attempts, last_error);
      const std::lock_guard right(right_);
      Attempt result = attempt(batch, attempts > 0);
      switch (result.outcome) {
        case Attempt::Outcome::taken:
          refusals_ = std::move(result.refusals);
          return;
        case Attempt::Outcome::failed:
          last_error = std::move(result.message);
          break;
        case Attempt::Outcome::refused:
        case Attempt::Outcome::broken_off:
          std::rethrow_exception(result.error);
      }
    }
  }

  void flush(Deadline deadline) override {
    const std::lock_guard right(right_);
    inner_->flush(deadline);
  }

 private:
  // Throws if the turn does not come. Each batch has one attempt at least, unless the breaker drops it.
  void wait_for_turn(std::chrono::nanoseconds began, std::uint64_t attempts, const std::string& last_error) {
    std::unique_lock lock(mutex_);
    const auto turn = pace_.next_attempt();
    if (turn > clock_.steady_now() && options_.drop_while_open && pace_.breaker() != BreakerState::closed) {
      throw Error(ErrorCode::unavailable, "dropped while the circuit breaker is open" + because(last_error));
    }
    const auto patience = std::chrono::duration_cast<std::chrono::nanoseconds>(options_.max_elapsed);
    if (attempts > 0 && turn - began > patience) {
      throw Error(ErrorCode::unavailable, "given up after " + std::to_string(attempts) +
                                              (attempts == 1 ? " attempt" : " attempts") + because(last_error));
    }
    wait_until(lock, turn, [this] { return is_abandoned_; });
    if (is_abandoned_) {
      throw Error(ErrorCode::cancelled, "nobody waits for it any longer" + because(last_error));
    }
  }

  static std::string because(const std::string& error) { return error.empty() ? error : ": " + error; }
};

}  // namespace

std::unique_ptr<ReliableSink::Delivery> make_patient_delivery(std::unique_ptr<Sink> inner,
                                                              const ReliableOptions& options,
                                                              const ReliableSources& sources) {
  return std::make_unique<PatientDelivery>(std::move(inner), options, sources);
}

}  // namespace spark::detail::reliable
