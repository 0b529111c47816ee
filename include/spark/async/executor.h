// An Executor runs tasks. With threads of its own it is a pool, and a task may resume on any of them;
// without, the thread that waits in sync_wait runs it, which is the cheaper one.
//
// Every wait of ours is on the executor's clock. With a VirtualClock, time stands still while anything can
// run and jumps to the next deadline when nothing can: tests of timeouts take no time and always have the
// same order. Waits for sockets are not counted as something that can run.
//
// Whoever makes an Executor owns it. Its destructor stops its threads, waits for blocking work that its tasks
// have begun (run_blocking), and destroys what is still suspended; spans there end cancelled. It must not be
// destroyed on a thread of its own. Calls are safe from any thread. A forked child must not use an Executor
// of its parent.
#pragma once

#include <cstdint>
#include <memory>

#include "spark/base/clock.h"

namespace spark {

inline constexpr std::uint32_t max_executor_threads = 256;

struct ExecutorOptions {
  std::uint32_t threads = 0;  // 0: the thread in sync_wait runs the tasks; at most max_executor_threads
  Clock* clock = nullptr;     // null: the system's; must outlive the executor
};

namespace detail {
class ExecutorState;
}

class Executor {
 public:
  // Starts the threads. Throws Error(invalid_argument) for too many, std::system_error if they cannot be had.
  explicit Executor(const ExecutorOptions& options = {});
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  [[nodiscard]] Clock& clock() const noexcept;
  [[nodiscard]] std::uint32_t threads() const noexcept;

  // Private to spark.
  [[nodiscard]] detail::ExecutorState& state() const noexcept { return *state_; }

 private:
  std::unique_ptr<detail::ExecutorState> state_;
};

// The clock of the executor that runs the caller; elsewhere the system's.
[[nodiscard]] Clock& current_clock() noexcept;

}  // namespace spark
