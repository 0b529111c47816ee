#include "spark/async/executor.h"

#include <pthread.h>

#include <atomic>
#include <memory>
#include <optional>

#include "async/executor_state.h"
#include "spark/async/sync_wait.h"

namespace spark {

Executor::Executor(const ExecutorOptions& options) : state_(std::make_unique<detail::ExecutorState>(options)) {}
Executor::~Executor() = default;
Clock& Executor::clock() const noexcept { return state_->clock(); }
std::uint32_t Executor::threads() const noexcept { return state_->threads(); }

Clock& current_clock() noexcept {
  const detail::ExecutorState* executor = detail::ExecutorState::current();
  return executor != nullptr ? executor->clock() : system_clock();
}

namespace detail {

namespace {

// How many forks lie between this process and the one that began.
std::uint32_t fork_generation() noexcept {
  static constinit std::atomic<std::uint32_t> generation{0};
  static const int registered = pthread_atfork(nullptr, nullptr, [] { generation.fetch_add(1); });
  return registered == 0 ? generation.load(std::memory_order_relaxed) : 0;
}

// The executor that a thread keeps for sync_wait without options: making an io_context costs as much as a
// hundred calls.
class ThreadExecutor {
 public:
  ThreadExecutor() noexcept = default;
  ~ThreadExecutor();
  ThreadExecutor(const ThreadExecutor&) = delete;
  ThreadExecutor& operator=(const ThreadExecutor&) = delete;

  [[nodiscard]] ExecutorState& get() {
    const std::uint32_t now = fork_generation();
    if (executor_ && generation_ != now) {
      // The parent's: its file descriptors are shared with the parent, so even closing it politely would
      // disturb.
      static_cast<void>(executor_.release());
    }
    if (!executor_) {
      executor_ = std::make_unique<ExecutorState>(ExecutorOptions());
      generation_ = now;
    }
    return *executor_;
  }
  void discard() noexcept { executor_.reset(); }

 private:
  std::unique_ptr<ExecutorState> executor_;
  std::uint32_t generation_ = 0;
};

constinit thread_local bool tls_thread_is_ending = false;
thread_local ThreadExecutor tls_executor;

ThreadExecutor::~ThreadExecutor() { tls_thread_is_ending = true; }

}  // namespace

void run_to_end(Executor& executor, Task<void> task) { executor.state().run_to_end(std::move(task)); }

void run_to_end(const ExecutorOptions& options, Task<void> task) {
  // A nested call must not find the executor of the outer one in use, only be told that it blocks it.
  const bool is_default = options.threads == 0 && options.clock == nullptr;
  ExecutorState* const running = ExecutorState::current();
  if (running != nullptr) return running->run_to_end(std::move(task));
  if (!is_default || tls_thread_is_ending) {
    ExecutorState executor(options);
    executor.run_to_end(std::move(task));
    return;
  }
  // What the task leaves suspended behind must not go on in some later call.
  struct DiscardIfUsed {
    ExecutorState& executor;
    ~DiscardIfUsed() {
      if (executor.live_branches() != 0) tls_executor.discard();
    }
  };
  const DiscardIfUsed discard_if_used{tls_executor.get()};
  discard_if_used.executor.run_to_end(std::move(task));
}

}  // namespace detail

}  // namespace spark
