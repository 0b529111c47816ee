#include "backends/reliable/delivery.h"

#include <new>
#include <utility>

namespace spark {
namespace {

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

}  // namespace

ReliableSink::Delivery::Delivery(std::unique_ptr<Sink> inner, const ReliableOptions& options,
                                 const ReliableSources& sources)
    : options_(options),
      clock_(sources.clock != nullptr ? *sources.clock : system_clock()),
      inner_(std::move(inner)),
      pace_(options, sources.random_seed ? *sources.random_seed : operating_system_random()),
      is_system_clock_(&clock_ == &system_clock()) {}

ReliableSink::Delivery::Attempt ReliableSink::Delivery::attempt(const Batch& batch, bool is_repetition) {
  {
    const std::lock_guard lock(mutex_);
    pace_.begin();
    progress_.retries += is_repetition ? 1 : 0;
  }
  using enum Attempt::Outcome;
  Attempt result;
  std::optional<Seconds> retry_after;
  is_in_inner_ = true;
  try {
    inner_->write(batch);
    result.refusals = inner_->take_refusals();
  } catch (const RetryableError& error) {
    result.outcome = failed;
    result.error = std::current_exception();
    retry_after = error.retry_after();
  } catch (const Error& error) {
    result.outcome = error.code() == ErrorCode::cancelled ? broken_off : refused;
    result.error = std::current_exception();
  } catch (const std::bad_alloc&) {
    result.outcome = failed;  // perhaps later there is memory
    result.error = std::current_exception();
  } catch (...) {
    result.outcome = refused;
    result.error = std::current_exception();
  }
  is_in_inner_ = false;
  if (result.error != nullptr) result.message = message_of(result.error);
  const std::lock_guard lock(mutex_);
  if (result.outcome == failed) {
    pace_.failed(clock_.steady_now(), retry_after);
    progress_.message = result.message;
    if (pace_.breaker() == BreakerState::open) {
      progress_.message +=
          "; the circuit breaker is open, after " + std::to_string(pace_.failures()) + " failures in a row";
    }
  } else if (result.outcome == broken_off) {
    pace_.broken_off();
  } else {
    pace_.answered();
  }
  return result;
}

bool ReliableSink::Delivery::abandon() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_abandoned_ = true;
    changed_.notify_all();
  }
  // What only waits ends by itself.
  const bool is_told = inner_->abandon();
  return is_told || !is_in_inner_;
}

SinkProgress ReliableSink::Delivery::take_progress() {
  const std::lock_guard lock(mutex_);
  SinkProgress taken = std::exchange(progress_, {});
  taken.breaker = pace_.breaker();
  return taken;
}

}  // namespace spark
