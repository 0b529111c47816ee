// A chain is one line of execution: a task and all that it awaits, one after the other. It owns a context
// slot, which is on the running thread while the chain runs and here while it is suspended. Executors share
// it by ChainPtr.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <utility>

#include "spark/base/context_slot.h"
#include "spark/telemetry/context.h"

namespace spark::detail {

class ExecutorState;

struct Chain {
  // The chain begins in `inherited`, under a number of its own.
  Chain(ExecutorState& its_executor, const TelemetryContext& inherited) noexcept;
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

  [[nodiscard]] bool is_run_here() const noexcept { return runner.load(std::memory_order_relaxed) == &context_slot(); }
};

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
    ContextSlot& here = context_slot();
    chain_.runner.store(&here, std::memory_order_relaxed);
    previous_ = std::exchange(here, chain_.slot);
  }
  ~ChainRun() {
    chain_.slot = std::exchange(context_slot(), previous_);
    chain_.runner.store(nullptr, std::memory_order_relaxed);
    chain_.running.unlock();
  }
  ChainRun(const ChainRun&) = delete;
  ChainRun& operator=(const ChainRun&) = delete;

 private:
  Chain& chain_;
  ContextSlot previous_;
};

}  // namespace spark::detail
