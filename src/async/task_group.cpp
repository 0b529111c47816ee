#include "spark/async/task_group.h"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "async/chain.h"
#include "async/executor_state.h"
#include "spark/async/executor.h"
#include "spark/base/error.h"
#include "spark/telemetry/context.h"

namespace spark {

namespace detail {

// Owned by the group, by each of its branches, and by the task that waits. Its lock is taken before those of
// executors, and inside a running chain.
class GroupState : public std::enable_shared_from_this<GroupState> {
 public:
  GroupState(ExecutorState& executor, OnFailure on_failure) noexcept
      : executor_(executor), on_failure_(on_failure), deadline_(deadline_on(executor)) {}
  GroupState(const GroupState&) = delete;
  GroupState& operator=(const GroupState&) = delete;

  void spawn(Task<void> task);
  void cancel() noexcept;
  // Resumes when no branch runs, then throws the first exception.
  static Task<void> join(std::shared_ptr<GroupState> group);

  [[nodiscard]] bool is_cancelled() const noexcept;
  [[nodiscard]] std::size_t running() const noexcept;

 private:
  class Branch;
  using Waiter = boost::asio::async_result<boost::asio::use_awaitable_t<>, void()>::handler_type;

  // Of the task that makes the group and therefore waits for it; times of another executor mean nothing here.
  [[nodiscard]] static std::chrono::nanoseconds deadline_on(const ExecutorState& executor) noexcept {
    const Chain* const maker = tls_current_chain;
    return maker != nullptr && &maker->executor == &executor ? maker->deadline : std::chrono::nanoseconds::max();
  }
  void add(Branch& branch);
  void end(Branch& branch, std::exception_ptr exception) noexcept;
  void cancel_all() noexcept;
  // Resumes the waiter when there is nothing to wait for.
  void wait(Waiter waiter);

  ExecutorState& executor_;
  const OnFailure on_failure_;
  const std::chrono::nanoseconds deadline_;
  mutable std::mutex mutex_;
  // All below are guarded by mutex_.
  bool is_cancelled_ = false;
  std::size_t running_ = 0;
  Branch* first_ = nullptr;  // a list of those that run
  std::exception_ptr exception_;
  bool is_joined_ = false;
  std::optional<Waiter> waiter_;
};

class GroupState::Branch final : public BranchEnd {
 public:
  Branch(std::shared_ptr<GroupState> group, ChainPtr its_chain) noexcept
      : chain(std::move(its_chain)), group_(std::move(group)) {}

  void on_end(State state, std::exception_ptr exception) noexcept override {
    if (state == State::destroyed) {
      exception = std::make_exception_ptr(
          Error(ErrorCode::cancelled, "the task was destroyed before its end, because what it waited for dropped it"));
    }
    group_->end(*this, std::move(exception));
  }

  const ChainPtr chain;
  Branch* previous = nullptr;
  Branch* next = nullptr;

 private:
  const std::shared_ptr<GroupState> group_;
};

void GroupState::spawn(Task<void> task) {
  const TelemetryContext inherited = TelemetryContext::current();
  auto branch =
      std::make_shared<Branch>(shared_from_this(), ChainPtr(new Chain(executor_, inherited, Cancellable::yes)));
  branch->chain->deadline = deadline_;
  add(*branch);
  const ChainPtr chain = branch->chain;
  executor_.start_branch(std::move(task), chain, std::move(branch));
}

void GroupState::add(Branch& branch) {
  const std::lock_guard lock(mutex_);
  if (running_ == max_group_tasks) {
    throw Error(ErrorCode::unavailable, "a group runs " + std::to_string(max_group_tasks) + " tasks already");
  }
  ++running_;
  branch.next = first_;
  if (first_ != nullptr) first_->previous = &branch;
  first_ = &branch;
  // It waits for nothing yet.
  if (is_cancelled_) static_cast<void>(branch.chain->request_cancellation());
}

void GroupState::end(Branch& branch, std::exception_ptr exception) noexcept {
  std::optional<Waiter> waiter;
  {
    const std::lock_guard lock(mutex_);
    if (branch.next != nullptr) branch.next->previous = branch.previous;
    (branch.previous != nullptr ? branch.previous->next : first_) = branch.next;
    --running_;
    if (exception && !exception_) {
      exception_ = std::move(exception);
      if (on_failure_ == OnFailure::cancel_others) cancel_all();
    }
    if (running_ == 0 && waiter_) {
      waiter.emplace(std::move(*waiter_));
      waiter_.reset();
    }
  }
  // Posted: a waiter that ran here could end a branch of another group, and that one its waiter, without end.
  if (waiter) boost::asio::post(std::move(*waiter));
}

void GroupState::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  cancel_all();
}

void GroupState::cancel_all() noexcept {
  if (is_cancelled_) return;
  is_cancelled_ = true;
  for (Branch* branch = first_; branch != nullptr; branch = branch->next) executor_.cancel(branch->chain);
}

bool GroupState::is_cancelled() const noexcept {
  const std::lock_guard lock(mutex_);
  return is_cancelled_;
}

std::size_t GroupState::running() const noexcept {
  const std::lock_guard lock(mutex_);
  return running_;
}

void GroupState::wait(Waiter waiter) {
  auto slot = boost::asio::get_associated_cancellation_slot(waiter);
  if (slot.is_connected()) slot.assign([this](boost::asio::cancellation_type) { cancel(); });
  {
    const std::lock_guard lock(mutex_);
    if (running_ != 0) {
      waiter_.emplace(std::move(waiter));
      return;
    }
  }
  boost::asio::post(std::move(waiter));
}

Task<void> GroupState::join(std::shared_ptr<GroupState> group) {
  if (ExecutorState::current() != &group->executor_) {
    throw Error(ErrorCode::invalid_argument, "tasks can only be waited for on the executor that they run on");
  }
  std::unique_lock lock(group->mutex_);
  if (group->is_joined_) throw Error(ErrorCode::conflict, "another task waits for this group already");
  group->is_joined_ = true;
  // More tasks may have been spawned between the end of the last one and here.
  while (group->running_ != 0) {
    lock.unlock();
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
        [&group](auto waiter) { group->wait(std::move(waiter)); }, boost::asio::use_awaitable);
    lock.lock();
  }
  group->is_joined_ = false;
  const std::exception_ptr exception = std::exchange(group->exception_, nullptr);
  lock.unlock();
  if (exception) std::rethrow_exception(exception);
}

namespace {

ExecutorState& executor_of_the_caller() {
  ExecutorState* const executor = ExecutorState::current();
  if (executor == nullptr) {
    throw Error(ErrorCode::invalid_argument,
                "tasks can only be started by a task or on a named executor, and this thread runs no task");
  }
  return *executor;
}

}  // namespace

}  // namespace detail

TaskGroup::TaskGroup(OnFailure on_failure)
    : state_(std::make_shared<detail::GroupState>(detail::executor_of_the_caller(), on_failure)) {}
TaskGroup::TaskGroup(Executor& executor, OnFailure on_failure)
    : state_(std::make_shared<detail::GroupState>(executor.state(), on_failure)) {}
TaskGroup::~TaskGroup() { cancel(); }

void TaskGroup::spawn(Task<void> task) { state_->spawn(std::move(task)); }
Task<void> TaskGroup::join() { return detail::GroupState::join(state_); }
void TaskGroup::cancel() noexcept {
  if (state_) state_->cancel();
}
bool TaskGroup::is_cancelled() const noexcept { return state_ && state_->is_cancelled(); }
std::size_t TaskGroup::running() const noexcept { return state_ ? state_->running() : 0; }

}  // namespace spark
