// A chain is one line of execution: a task and all that it awaits, one after the other. It owns a context
// slot, which is on the running thread while the chain runs and here while it is suspended. Executors share
// it by ChainPtr.
//
// Cancellation: Asio's signals are not safe from several threads, and an operation that begins after the signal
// does not hear of it. So a request only sets a bit. What the chain waits for is told by whoever holds
// `running`: each time that the chain is left with the bit set, and once by a job of the executor if nobody
// runs the chain when the request comes.
#pragma once

#include <atomic>
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <utility>

#include "spark/base/context_slot.h"
#include "spark/telemetry/context.h"

namespace spark::detail {

class ExecutorState;

enum class Cancellable : bool { no, yes };

struct Chain {
  // The chain begins in `inherited`, under a number of its own.
  Chain(ExecutorState& its_executor, const TelemetryContext& inherited, Cancellable cancellable) noexcept;
  ~Chain();
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  ExecutorState& executor;
  std::atomic<std::uint32_t> references{0};
  // Held while the chain runs. An operation may complete, and resume the chain on another thread, before the
  // thread that started it has left the chain and written the slot back: the other one waits here for those
  // few instructions.
  std::mutex running;
  // The slot of the thread that holds `running`; null while suspended. A thread finds its own address only if
  // it holds it.
  std::atomic<const ContextSlot*> runner{nullptr};
  ContextSlot slot{};  // guarded by running

  // When the time of a with_timeout around is up, on the executor's clock; written by the chain alone. A computing task
  // keeps the timer from firing where there is no other thread, so the task is asked to look for itself.
  std::chrono::nanoseconds deadline = std::chrono::nanoseconds::max();

  static constexpr std::uint32_t running_bit = 1;
  static constexpr std::uint32_t cancelled_bit = 2;
  const bool is_cancellable;
  // Which bits matter only to a cancellable chain: whether a thread is between entering and leaving, and
  // whether it was asked to stop.
  std::atomic<std::uint32_t> bits{0};
  std::exception_ptr exception;             // guarded by running: what the task threw, until the end is told
  bool is_listening = false;                // guarded by running: whether the branch has begun and has not ended
  boost::asio::cancellation_signal signal;  // guarded by running

  [[nodiscard]] bool is_cancelled() const noexcept {
    return (bits.load(std::memory_order_acquire) & cancelled_bit) != 0;
  }
  // Sets the bit; true if nobody else will tell the operation that the chain waits for.
  [[nodiscard]] bool request_cancellation() noexcept {
    return bits.fetch_or(cancelled_bit, std::memory_order_acq_rel) == 0;
  }
  // Tells the operation that the chain waits for, unless the chain runs: then it is told when it is left. Does
  // not wait for as long as the chain runs.
  void tell_unless_running() noexcept;
  void tell() noexcept {
    if (is_listening) signal.emit(boost::asio::cancellation_type::terminal);
  }

  [[nodiscard]] bool is_run_here() const noexcept { return runner.load(std::memory_order_relaxed) == &context_slot(); }
};

// The chain that runs on this thread, or for which it does blocking work; null outside of any. It may be asked
// whether it is cancelled.
extern constinit thread_local Chain* tls_current_chain;

class ChainPtr {
 public:
  ChainPtr() noexcept = default;
  explicit ChainPtr(Chain* chain) noexcept : chain_(chain) { acquire(); }
  ChainPtr(const ChainPtr& other) noexcept : chain_(other.chain_) { acquire(); }
  ChainPtr(ChainPtr&& other) noexcept : chain_(std::exchange(other.chain_, nullptr)) {}
  ChainPtr& operator=(ChainPtr other) noexcept {
    std::swap(chain_, other.chain_);
    return *this;
  }
  ~ChainPtr() {
    if (chain_ != nullptr && chain_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete chain_;
  }

  explicit operator bool() const noexcept { return chain_ != nullptr; }
  Chain& operator*() const noexcept { return *chain_; }
  Chain* operator->() const noexcept { return chain_; }
  bool operator==(const ChainPtr&) const noexcept = default;

 private:
  void acquire() noexcept {
    if (chain_ != nullptr) chain_->references.fetch_add(1, std::memory_order_relaxed);
  }

  Chain* chain_ = nullptr;
};

// While it lives, the chain runs on this thread: its slot is installed, and written back at the end.
class ChainRun {
 public:
  explicit ChainRun(Chain& chain) noexcept : chain_(chain) {
    chain_.running.lock();
    if (chain_.is_cancellable) chain_.bits.fetch_or(Chain::running_bit, std::memory_order_acq_rel);
    previous_chain_ = std::exchange(tls_current_chain, &chain_);
    ContextSlot& here = context_slot();
    chain_.runner.store(&here, std::memory_order_relaxed);
    previous_ = std::exchange(here, chain_.slot);
  }
  ~ChainRun() {
    chain_.slot = std::exchange(context_slot(), previous_);
    chain_.runner.store(nullptr, std::memory_order_relaxed);
    tls_current_chain = previous_chain_;
    if (chain_.is_cancellable) {
      const std::uint32_t before = chain_.bits.fetch_and(~Chain::running_bit, std::memory_order_acq_rel);
      if ((before & Chain::cancelled_bit) != 0) chain_.tell();
    }
    chain_.running.unlock();
  }
  ChainRun(const ChainRun&) = delete;
  ChainRun& operator=(const ChainRun&) = delete;

 private:
  Chain& chain_;
  Chain* previous_chain_;
  ContextSlot previous_;
};

}  // namespace spark::detail
