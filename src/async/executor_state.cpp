#include "async/executor_state.h"

#include <string>
#include <utility>

#include "spark/base/error.h"

namespace spark::detail {

namespace {

constinit thread_local ExecutorState* tls_current_executor = nullptr;

// While it lives, the thread belongs to the executor.
class OnExecutor {
 public:
  explicit OnExecutor(ExecutorState& executor) noexcept { tls_current_executor = &executor; }
  ~OnExecutor() { tls_current_executor = nullptr; }
  OnExecutor(const OnExecutor&) = delete;
  OnExecutor& operator=(const OnExecutor&) = delete;
};

int concurrency_hint(std::uint32_t threads) { return threads == 0 ? 1 : static_cast<int>(threads); }

class Waiter final : public BranchEnd {
 public:
  explicit Waiter(boost::asio::io_context* stop_at_end) noexcept : stop_at_end_(stop_at_end) {}

  void on_end(State state, std::exception_ptr exception) noexcept override {
    {
      const std::lock_guard lock(mutex_);
      state_ = state;
      exception_ = std::move(exception);
      if (stop_at_end_ != nullptr) stop_at_end_->stop();
      changed_.notify_one();
    }
  }

  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return state_ != State::running; });
  }

  [[nodiscard]] bool is_running() {
    const std::lock_guard lock(mutex_);
    return state_ == State::running;
  }

  // After the end.
  void get() {
    const std::lock_guard lock(mutex_);
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
    if (state_ != State::ended) {
      throw Error(ErrorCode::cancelled,
                  "sync_wait: the task was destroyed before its end, because an operation it waited for dropped it");
    }
  }

 private:
  boost::asio::io_context* const stop_at_end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::running;
  std::exception_ptr exception_;
};

}  // namespace

ExecutorState* ExecutorState::current() noexcept { return tls_current_executor; }

ExecutorState::ExecutorState(const ExecutorOptions& options)
    : clock_(options.clock != nullptr ? *options.clock : system_clock()),
      virtual_time_(dynamic_cast<VirtualClock*>(&clock_)) {
  if (options.threads > max_executor_threads) {
    throw Error(ErrorCode::invalid_argument, "ExecutorOptions::threads is " + std::to_string(options.threads) +
                                                 ", at most " + std::to_string(max_executor_threads));
  }
  context_.emplace(concurrency_hint(options.threads));
  if (options.threads == 0) return;
  keep_running_.emplace(context_->get_executor());
  try {
    for (std::uint32_t i = 0; i < options.threads; ++i) {
      threads_.emplace_back([this] {
        const OnExecutor on_executor(*this);
        context_->run();
      });
    }
  } catch (...) {
    context_->stop();
    for (std::thread& thread : threads_) thread.join();
    throw;
  }
}

ExecutorState::~ExecutorState() {
  context_->stop();
  for (std::thread& thread : threads_) thread.join();
  virtual_time_.stop();
  {
    std::unique_lock lock(blocking_mutex_);
    blocking_ended_.wait(lock, [this] { return blocking_jobs_ == 0; });
  }
  {
    // An io_context that is being destroyed must not be posted to by another thread.
    const std::lock_guard lock(cancel_mutex_);
    is_ending_ = true;
  }
  keep_running_.reset();
  context_.reset();
}

void ExecutorState::begin_blocking_job() noexcept {
  const std::lock_guard lock(blocking_mutex_);
  ++blocking_jobs_;
}

void ExecutorState::end_blocking_job() noexcept {
  const std::lock_guard lock(blocking_mutex_);
  // Told under the lock: right after it, the executor may be gone.
  if (--blocking_jobs_ == 0) blocking_ended_.notify_all();
}

void ExecutorState::run_here() {
  const OnExecutor on_executor(*this);
  context_->restart();
  context_->run();
}

void ExecutorState::run_to_end(Task<void> task) {
  if (current() != nullptr) {
    throw Error(ErrorCode::would_deadlock,
                "sync_wait was called on a thread that runs tasks and would block it: use co_await there");
  }
  const bool caller_runs = threads_.empty();
  std::unique_lock<std::mutex> one_at_a_time(caller_runs_, std::defer_lock);
  if (caller_runs) one_at_a_time.lock();

  const auto waiter = std::make_shared<Waiter>(caller_runs ? &*context_ : nullptr);
  start_branch(std::move(task), TelemetryContext::current(), waiter);
  if (!caller_runs) {
    waiter->wait();
    waiter->get();
    return;
  }
  // An exception out of the loop comes from a handler that somebody else posted: the task goes on, then it is
  // reported.
  std::exception_ptr foreign_exception;
  for (bool again = true; again;) {
    again = false;
    try {
      run_here();
    } catch (...) {
      if (!foreign_exception) foreign_exception = std::current_exception();
      again = waiter->is_running();
    }
  }
  if (foreign_exception) std::rethrow_exception(foreign_exception);
  waiter->get();
}

}  // namespace spark::detail
