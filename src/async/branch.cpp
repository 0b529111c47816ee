// The bottom of every chain. It is a coroutine with a promise of its own, because it must know before anybody
// else when its task is destroyed while suspended: spans in the task then have to see another chain than the
// one they began in.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <coroutine>
#include <memory>
#include <utility>

#include "async/chain.h"
#include "async/context_executor.h"
#include "async/executor_state.h"

namespace spark::detail {

namespace {

// Tells the end once, also when it is destroyed unused. Move-only, as Asio's handlers may be.
class TellEnd {
 public:
  explicit TellEnd(std::shared_ptr<BranchEnd> end) noexcept : end_(std::move(end)) {}
  TellEnd(TellEnd&&) noexcept = default;
  TellEnd& operator=(TellEnd&&) noexcept = default;
  ~TellEnd() {
    if (end_) end_->on_end(BranchEnd::State::destroyed, nullptr);
  }

  void operator()(std::exception_ptr exception) {
    std::exchange(end_, nullptr)->on_end(BranchEnd::State::ended, std::move(exception));
  }

 private:
  std::shared_ptr<BranchEnd> end_;
};

class LiveBranch {
 public:
  explicit LiveBranch(ExecutorState& executor) noexcept : executor_(executor) { executor_.add_live_branch(); }
  ~LiveBranch() { executor_.remove_live_branch(); }
  LiveBranch(const LiveBranch&) = delete;
  LiveBranch& operator=(const LiveBranch&) = delete;

 private:
  ExecutorState& executor_;
};

// Takes the thread out of any chain until it is destroyed.
class OutsideOfChains {
 public:
  OutsideOfChains() noexcept = default;
  ~OutsideOfChains() {
    if (is_on_) context_slot() = previous_;
  }
  OutsideOfChains(const OutsideOfChains&) = delete;
  OutsideOfChains& operator=(const OutsideOfChains&) = delete;

  void begin() noexcept {
    is_on_ = true;
    previous_ = std::exchange(context_slot(), ContextSlot());
  }

 private:
  bool is_on_ = false;
  ContextSlot previous_;
};

using Frame = boost::asio::detail::awaitable_frame<void, boost::asio::any_io_executor>;

// Awaits a task and recognizes its destruction while suspended.
class BranchAwaiter {
 public:
  explicit BranchAwaiter(Task<void> task) noexcept : task_(std::move(task)) {}
  ~BranchAwaiter() {
    if (!has_resumed_) outside_.begin();
  }
  BranchAwaiter(const BranchAwaiter&) = delete;
  BranchAwaiter& operator=(const BranchAwaiter&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return task_.await_ready(); }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    task_.await_suspend(std::coroutine_handle<Frame>::from_promise(handle.promise()));
  }
  void await_resume() {
    has_resumed_ = true;
    task_.await_resume();
  }

 private:
  // The order matters: this destructor's body first, then the task's frames, then the slot is given back.
  OutsideOfChains outside_;
  Task<void> task_;
  bool has_resumed_ = false;
};

struct BranchTask {
  Task<void> task;
};

// Adds nothing to Asio's frame but the way to await a BranchTask, so a handle to one is a handle to the
// other.
class BranchFrame : public Frame {
 public:
  BranchAwaiter await_transform(BranchTask& branch) noexcept { return BranchAwaiter(std::move(branch.task)); }
};
static_assert(sizeof(BranchFrame) == sizeof(Frame) && alignof(BranchFrame) == alignof(Frame));

struct BranchTag {};

}  // namespace

}  // namespace spark::detail

template <>
struct std::coroutine_traits<spark::Task<void>, spark::detail::BranchTag, spark::Task<void>,
                             spark::detail::ExecutorState&> {
  using promise_type = spark::detail::BranchFrame;
};

namespace spark::detail {

namespace {

Task<void> branch(BranchTag, Task<void> task, ExecutorState& executor) {
  const LiveBranch live(executor);
  BranchTask wrapped{std::move(task)};
  co_await wrapped;
}

}  // namespace

void ExecutorState::start_branch(Task<void> task, const TelemetryContext& inherited, std::shared_ptr<BranchEnd> end) {
  const ChainPtr chain(new Chain(*this, inherited));
  const ContextExecutor executor(context_->get_executor(), chain);
  boost::asio::co_spawn(boost::asio::any_io_executor(executor), branch(BranchTag(), std::move(task), *this),
                        TellEnd(std::move(end)));
}

}  // namespace spark::detail
