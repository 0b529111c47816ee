// What is behind an Executor: the io_context, its threads, the clock. The one place that starts tasks.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "async/chain.h"
#include "async/virtual_time.h"
#include "spark/async/executor.h"
#include "spark/async/task.h"
#include "spark/telemetry/context.h"

namespace spark::detail {

// How a branch ended: it is told once, by the result or by the destruction of the branch. Shared by the
// branch and by whoever waits.
class BranchEnd {
 public:
  enum class State { running, ended, destroyed };

  virtual ~BranchEnd() = default;
  // On the thread on which it happened.
  virtual void on_end(State state, std::exception_ptr exception) noexcept = 0;
};

class ExecutorState {
 public:
  explicit ExecutorState(const ExecutorOptions& options);
  ~ExecutorState();
  ExecutorState(const ExecutorState&) = delete;
  ExecutorState& operator=(const ExecutorState&) = delete;

  // The executor whose thread this is, or null.
  [[nodiscard]] static ExecutorState* current() noexcept;

  // Starts a task as a branch: a chain of its own that begins in the context `inherited`. Never runs it
  // before returning.
  void start_branch(Task<void> task, const TelemetryContext& inherited, std::shared_ptr<BranchEnd> end);
  // As above, on a chain that was made for it; the caller may cancel it with `cancel`.
  void start_branch(Task<void> task, const ChainPtr& chain, std::shared_ptr<BranchEnd> end);
  // Requests that the chain's task stops: it ends without having begun, or the operation that it waits for, and
  // each one that it begins later, is cancelled. Safe from any thread until the branch's end has been told;
  // never runs anything of the task before returning.
  void cancel(const ChainPtr& chain) noexcept;
  // Starts the task in the caller's context and returns when it has ended; throws what it threw.
  void run_to_end(Task<void> task);

  [[nodiscard]] Clock& clock() const noexcept { return clock_; }
  [[nodiscard]] std::uint32_t threads() const noexcept { return static_cast<std::uint32_t>(threads_.size()); }
  [[nodiscard]] VirtualTime& virtual_time() noexcept { return virtual_time_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return *context_; }
  // Branches started and not ended.
  [[nodiscard]] std::uint32_t live_branches() const noexcept { return live_branches_.load(std::memory_order_acquire); }
  void add_live_branch() noexcept { live_branches_.fetch_add(1, std::memory_order_relaxed); }
  void remove_live_branch() noexcept { live_branches_.fetch_sub(1, std::memory_order_release); }

  // Work of this executor's tasks on the blocking pool. The destructor waits for it, because it comes back
  // here.
  void begin_blocking_job() noexcept;
  void end_blocking_job() noexcept;

 private:
  void run_here();

  // Held while something is posted from outside, and to say that nothing may be any more.
  std::mutex cancel_mutex_;
  bool is_ending_ = false;
  Clock& clock_;
  VirtualTime virtual_time_;
  std::atomic<std::uint32_t> live_branches_{0};
  std::mutex blocking_mutex_;
  std::condition_variable blocking_ended_;
  std::size_t blocking_jobs_ = 0;
  std::mutex caller_runs_;  // without threads: one sync_wait after the other
  // Destroyed first: with it go the frames that are still suspended.
  std::optional<boost::asio::io_context> context_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> keep_running_;
  std::vector<std::thread> threads_;
};

}  // namespace spark::detail
