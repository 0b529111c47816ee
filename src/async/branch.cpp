// The bottom of every chain. It is a coroutine with a promise of its own, because it must know before anybody
// else when its task is destroyed while suspended: spans in the task then have to see another chain than the
// one they began in.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "async/chain.h"
#include "async/context_executor.h"
#include "async/executor_state.h"
#include "spark/base/error.h"

namespace spark::detail {

namespace {

// Tells the end once, also when it is destroyed unused. Move-only, as Asio's handlers may be. Asio asks it for
// the signal that cancels the branch.
class TellEnd {
 public:
  using cancellation_slot_type = boost::asio::cancellation_slot;

  TellEnd(ChainPtr chain, std::shared_ptr<BranchEnd> end) noexcept : chain_(std::move(chain)), end_(std::move(end)) {}
  TellEnd(TellEnd&&) noexcept = default;
  TellEnd& operator=(TellEnd&&) noexcept = delete;
  ~TellEnd() {
    if (end_) tell(BranchEnd::State::destroyed, nullptr);
  }

  // `exception` is not the task's own.
  void operator()(std::exception_ptr exception) {
    if (!exception) exception = std::exchange(chain_->exception, nullptr);
    tell(BranchEnd::State::ended, std::move(exception));
  }

  [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
    return chain_->is_cancellable ? chain_->signal.slot() : cancellation_slot_type();
  }

 private:
  void tell(BranchEnd::State state, std::exception_ptr exception) noexcept {
    std::exchange(end_, nullptr)->on_end(state, std::move(exception));
  }

  ChainPtr chain_;
  std::shared_ptr<BranchEnd> end_;
};

class LiveBranch {
 public:
  explicit LiveBranch(Chain& chain) noexcept : chain_(chain) { chain_.executor.add_live_branch(); }
  ~LiveBranch() {
    chain_.is_listening = false;
    chain_.executor.remove_live_branch();
  }
  LiveBranch(const LiveBranch&) = delete;
  LiveBranch& operator=(const LiveBranch&) = delete;

  // From now on, a cancellation reaches what the branch waits for.
  void listen() noexcept { chain_.is_listening = true; }

 private:
  Chain& chain_;
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
  using Frame::await_transform;
  BranchAwaiter await_transform(BranchTask& branch) noexcept { return BranchAwaiter(std::move(branch.task)); }
};
static_assert(sizeof(BranchFrame) == sizeof(Frame) && alignof(BranchFrame) == alignof(Frame));

// While it lives, this thread counts as inside of a chain, so that what it gives to an executor is never run at
// once.
class NothingAtOnce {
 public:
  explicit NothingAtOnce(const Chain& chain) noexcept
      : previous_(std::exchange(context_slot().chain, chain.slot.chain)) {}
  ~NothingAtOnce() { context_slot().chain = previous_; }
  NothingAtOnce(const NothingAtOnce&) = delete;
  NothingAtOnce& operator=(const NothingAtOnce&) = delete;

 private:
  std::uint32_t previous_;
};

struct BranchTag {};

}  // namespace

}  // namespace spark::detail

template <>
struct std::coroutine_traits<spark::Task<void>, spark::detail::BranchTag, spark::Task<void>, spark::detail::Chain&> {
  using promise_type = spark::detail::BranchFrame;
};

namespace spark::detail {

namespace {

std::exception_ptr cancelled(const char* message) {
  return std::make_exception_ptr(Error(ErrorCode::cancelled, message));
}

// Never throws what the task throws: Asio would keep a share of the exception in its frame until after the end was
// told.
Task<void> branch(BranchTag, Task<void> task, Chain& chain) {
  LiveBranch live(chain);
  if (chain.is_cancelled()) {
    chain.exception = cancelled("the task was cancelled before it began");
    co_return;
  }
  // Otherwise Asio would throw a system_error of its own out of every co_await of a branch that was told, also where
  // a group has to be waited for. Before this, the branch must not be told.
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  live.listen();
  BranchTask wrapped{std::move(task)};
  try {
    co_await wrapped;
  } catch (const boost::system::system_error& error) {
    const bool is_cancelled = error.code() == boost::asio::error::operation_aborted && chain.is_cancelled();
    chain.exception = is_cancelled ? cancelled("the task was cancelled while it waited") : std::current_exception();
  } catch (...) {
    chain.exception = std::current_exception();
  }
}

}  // namespace

void ExecutorState::start_branch(Task<void> task, const TelemetryContext& inherited, std::shared_ptr<BranchEnd> end) {
  start_branch(std::move(task), ChainPtr(new Chain(*this, inherited, Cancellable::no)), std::move(end));
}

void ExecutorState::start_branch(Task<void> task, const ChainPtr& chain, std::shared_ptr<BranchEnd> end) {
  const ContextExecutor executor(context_->get_executor(), chain);
  const NothingAtOnce nothing_at_once(*chain);
  // Somebody may cancel the chain already; Asio is still connecting the signal.
  const std::lock_guard lock(chain->running);
  TellEnd tell_end(chain, std::move(end));
  boost::asio::co_spawn(boost::asio::any_io_executor(executor), branch(BranchTag(), std::move(task), *chain),
                        std::move(tell_end));
}

void ExecutorState::cancel(const ChainPtr& chain) noexcept {
  if (!chain->request_cancellation()) return;
  const std::lock_guard lock(cancel_mutex_);
  if (is_ending_) return;
  virtual_time_.begin_work();
  try {
    boost::asio::post(context_->get_executor(), [this, chain] {
      chain->tell_unless_running();
      virtual_time_.end_work();
    });
  } catch (...) {
    // No memory: the chain learns of it when it runs next.
    virtual_time_.end_work();
  }
}

}  // namespace spark::detail
