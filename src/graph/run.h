// Runs a plan: each node that is ready is executed, alone or beside others, as its policy says; what it gives decides
// what is ready next. Topology is Progress's business, recording that of instrument.h.
#pragma once

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "graph/instrument.h"
#include "graph/plan.h"
#include "graph/progress.h"
#include "spark/async/task.h"
#include "spark/graph/run_state.h"

namespace spark {
class TaskGroup;
}

namespace spark::detail {

// One run. It must outlive its tasks, and so must what it is given.
class Run {
 public:
  Run(const GraphPlan& plan, GraphRecording& recording, const std::shared_ptr<RunState>& state)
      : plan_(plan), recording_(recording), state_(state), progress_(plan) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Awaited once. Throws what the first node threw whose failure no edge takes; what runs beside it is cancelled and
  // waited for.
  [[nodiscard]] Task<void> from_start(SharedValue inputs);
  // After that.
  [[nodiscard]] Outputs outputs() const { return progress_.outputs(); }

 private:
  // One node after the other; what becomes ready beside them is spawned into the group.
  Task<void> branch(TaskGroup* group, ReadyNode ready);
  Task<void> spawn_first(TaskGroup& group, SharedValue inputs);
  // Gives null if the node failed and an edge takes it.
  Task<SharedValue> execute(ReadyNode ready);
  Task<Outputs> attempt(const PlannedNode& planned, ExecutionContext& context);
  [[nodiscard]] SharedValue cached(const ReadyNode& ready);
  void settle(const ReadyNode& ended, const SharedValue& outputs, const std::exception_ptr& exception,
              std::vector<ReadyNode>& next);
  void share(TaskGroup* group, std::vector<ReadyNode>& ready);

  const GraphPlan& plan_;
  GraphRecording& recording_;
  const std::shared_ptr<RunState>& state_;
  std::mutex mutex_;
  Progress progress_;              // guarded by mutex_
  std::size_t running_ = 0;        // branches; guarded by mutex_
  std::deque<ReadyNode> waiting_;  // for a branch to end; guarded by mutex_
};

}  // namespace spark::detail
