#include "spark/async/blocking.h"

#include <pthread.h>

#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <mutex>
#include <string>

#include "async/chain.h"
#include "async/executor_state.h"
#include "spark/async/cancellation.h"
#include "spark/base/error.h"
#include "spark/telemetry/context.h"

namespace spark::detail {

namespace {

// The process's pool, never destroyed: work may be handed to it until the very end. A forked child has none
// of its parent's threads and makes a pool anew.
class BlockingPool {
 public:
  [[nodiscard]] static BlockingPool& get() {
    static BlockingPool& pool = *new BlockingPool();
    return pool;
  }

  [[nodiscard]] boost::asio::thread_pool& threads() {
    const std::lock_guard lock(mutex_);
    if (pool_ == nullptr) pool_ = new boost::asio::thread_pool(blocking_threads);
    return *pool_;
  }

  // Counts a job; false if there are max_blocking_jobs already.
  [[nodiscard]] bool enter() noexcept {
    if (jobs_.fetch_add(1, std::memory_order_relaxed) < max_blocking_jobs) return true;
    leave();
    return false;
  }
  void leave() noexcept { jobs_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  BlockingPool() {
    pthread_atfork([] { get().mutex_.lock(); }, [] { get().mutex_.unlock(); },
                   [] {
                     get().pool_ = nullptr;
                     get().jobs_.store(0);
                     get().mutex_.unlock();
                   });
  }

  std::mutex mutex_;
  boost::asio::thread_pool* pool_ = nullptr;
  std::atomic<std::size_t> jobs_{0};
};

// Time does not jump while blocking work is under way. Lives in the waiting coroutine's frame.
class CountAsWork {
 public:
  explicit CountAsWork(ExecutorState* executor) noexcept : executor_(executor) {
    if (executor_ != nullptr) executor_->virtual_time().begin_work();
  }
  ~CountAsWork() {
    if (executor_ != nullptr) executor_->virtual_time().end_work();
  }
  CountAsWork(const CountAsWork&) = delete;
  CountAsWork& operator=(const CountAsWork&) = delete;

 private:
  ExecutorState* executor_;
};

// While it lives, the work may ask whether the task that waits for it is cancelled.
class WorksFor {
 public:
  explicit WorksFor(Chain* chain) noexcept : previous_(std::exchange(tls_current_chain, chain)) {}
  ~WorksFor() { tls_current_chain = previous_; }
  WorksFor(const WorksFor&) = delete;
  WorksFor& operator=(const WorksFor&) = delete;

 private:
  Chain* previous_;
};

std::exception_ptr run_for(Chain* chain, const std::function<void()>& work, const TelemetryContext& context) noexcept {
  const ContextScope scope(context);
  const WorksFor works_for(chain);
  try {
    throw_if_cancelled();
    work();
    return nullptr;
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

Task<void> run_on_blocking_pool(std::function<void()> work) {
  throw_if_cancelled();
  if (!BlockingPool::get().enter()) {
    throw Error(ErrorCode::unavailable,
                "run_blocking: " + std::to_string(max_blocking_jobs) + " jobs are waiting already");
  }
  ExecutorState* const state = ExecutorState::current();
  Chain* const chain = tls_current_chain;
  const CountAsWork count_as_work(state);
  const TelemetryContext context = TelemetryContext::current();
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr)>(
      [state, chain, &work, &context](auto handler) {
        auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                            boost::asio::execution::outstanding_work.tracked);
        if (state != nullptr) state->begin_blocking_job();
        boost::asio::post(BlockingPool::get().threads(), [state, chain, work = std::move(work), context, executor,
                                                          handler = std::move(handler)]() mutable {
          // The handler keeps the chain.
          std::exception_ptr exception = run_for(chain, work, context);
          work = nullptr;
          BlockingPool::get().leave();
          {
            const auto back = std::move(executor);
            boost::asio::post(back, [handler = std::move(handler), exception = std::move(exception)]() mutable {
              std::move(handler)(std::move(exception));
            });
          }
          // From here on the executor may be gone.
          if (state != nullptr) state->end_blocking_job();
        });
      },
      boost::asio::use_awaitable);
}

}  // namespace spark::detail
