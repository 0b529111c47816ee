// Progress is where a run stands: what each node still waits for, and what becomes ready when one has ended. It
// decides; it runs nothing, records nothing and waits for nothing. Whoever has several nodes at work keeps it under a
// lock.
//
// Each forward and error edge is decided once: taken, with what flows along it, or not. When the last incoming edge of
// a node is decided and none was taken, the node is skipped, and none of its edges is taken. A loop edge that is taken
// makes everything inside its loop undecided again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "graph/plan.h"
#include "spark/base/value.h"

namespace spark::detail {

// Always an object. Shared by all that it flows to.
using SharedValue = std::shared_ptr<const Value>;

struct ReadyNode {
  NodeIndex node = 0;
  SharedValue inputs;
  std::int64_t iteration = 0;  // of the innermost loop it is in, from 1; 0: in none
};

class Progress {
 public:
  explicit Progress(const GraphPlan& plan);

  // What can run now is added to `ready`, what was taken to `taken`, which is empty, as the node's edges are ordered.
  void start(SharedValue inputs, std::vector<ReadyNode>& ready);
  // Throws what conditions throw, and Error(conflict) for outputs that cannot be merged: the run has then failed.
  void finished(NodeIndex node, SharedValue outputs, std::vector<ReadyNode>& ready, std::vector<EdgeIndex>& taken);
  // False: no edge takes this error, and the run has failed.
  bool failed(NodeIndex node, SharedValue error, std::vector<ReadyNode>& ready, std::vector<EdgeIndex>& taken);

  // When nothing runs any more: the outputs of the node after which no edge was taken; of several, an object of them by
  // node id.
  [[nodiscard]] Object outputs() const;

 private:
  struct NodeState {
    std::size_t undecided = 0;  // incoming edges
    bool is_taken = false;      // by one of them
    bool has_begun = false;
    bool is_settled = false;  // ended or skipped
  };
  struct LoopState {
    std::int64_t iterations = 0;  // how often its edge was taken
    std::size_t unsettled = 0;    // of its nodes
    SharedValue waiting;          // taken, but something inside still runs
  };

  void decide(EdgeIndex edge, const SharedValue& payload, std::vector<ReadyNode>& ready);
  void decide_skipped(std::vector<ReadyNode>& ready);
  void settle(NodeIndex node, std::vector<ReadyNode>& ready);
  void begin(NodeIndex node, SharedValue inputs, std::vector<ReadyNode>& ready);
  void restart(LoopIndex loop, SharedValue inputs, std::vector<ReadyNode>& ready);
  void reset(NodeIndex node);
  [[nodiscard]] LoopIndex loop_taken_by(NodeIndex node, const Object& outputs) const;
  void find_taken(NodeIndex node, EdgeKind kind, const Object& outputs, std::vector<EdgeIndex>& taken) const;
  [[nodiscard]] SharedValue inputs_of(NodeIndex node) const;
  void take(NodeIndex node, const std::vector<EdgeIndex>& edges, const SharedValue& payload,
            std::vector<ReadyNode>& ready);

  const GraphPlan& plan_;
  std::vector<NodeState> nodes_;
  std::vector<LoopState> loops_;
  std::vector<SharedValue> on_edges_;  // null: not taken
  std::vector<SharedValue> last_;      // of nodes after which no edge was taken
  std::vector<NodeIndex> skipped_;     // to be passed on
};

}  // namespace spark::detail
