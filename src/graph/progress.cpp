#include "graph/progress.h"

#include <algorithm>
#include <utility>

#include "spark/base/error.h"

namespace spark::detail {

namespace {

SharedValue merged(const GraphPlan& plan, NodeIndex node, const std::vector<SharedValue>& on_edges) {
  Object result;
  for (const EdgeIndex edge : plan.nodes[node].incoming) {
    if (on_edges[edge] == nullptr) continue;
    for (const auto& [name, value] : on_edges[edge]->as_object()) {
      const Value* other = result.find(name);
      if (other == nullptr) {
        result.set(name, value);
      } else if (!(*other == value)) {
        throw Error(ErrorCode::conflict, "node " + plan.nodes[node].id + " joins outputs that give \"" + name +
                                             "\" different values, the last of them " +
                                             plan.nodes[plan.edges[edge].from].id +
                                             "; JoinInputs::by_source keeps them apart");
      }
    }
  }
  return std::make_shared<const Value>(std::move(result));
}

SharedValue by_source(const GraphPlan& plan, NodeIndex node, const std::vector<SharedValue>& on_edges) {
  Object result;
  for (const EdgeIndex edge : plan.nodes[node].incoming) {
    if (on_edges[edge] != nullptr) result.set(plan.nodes[plan.edges[edge].from].id, *on_edges[edge]);
  }
  return std::make_shared<const Value>(std::move(result));
}

}  // namespace

Progress::Progress(const GraphPlan& plan)
    : plan_(plan),
      nodes_(plan.nodes.size()),
      loops_(plan.loops.size()),
      on_edges_(plan.edges.size()),
      last_(plan.nodes.size()) {
  for (NodeIndex node = 0; node < nodes_.size(); ++node) nodes_[node].undecided = plan.nodes[node].incoming.size();
  for (LoopIndex loop = 0; loop < loops_.size(); ++loop) loops_[loop].unsettled = plan.loops[loop].nodes.size();
}

void Progress::start(SharedValue inputs, std::vector<ReadyNode>& ready) { begin(0, std::move(inputs), ready); }

void Progress::finished(NodeIndex node, SharedValue outputs, std::vector<ReadyNode>& ready,
                        std::vector<EdgeIndex>& taken) {
  const LoopIndex loop = loop_taken_by(node, outputs->as_object());
  if (loop != no_index) {
    taken.push_back(plan_.loops[loop].edge);
    loops_[loop].waiting = std::move(outputs);
    // The node that closes the loop is the last to settle, unless a join did not wait for what still runs.
    if (loops_[loop].unsettled == 1) restart(loop, std::move(loops_[loop].waiting), ready);
    return;
  }
  find_taken(node, EdgeKind::forward, outputs->as_object(), taken);
  if (taken.empty()) last_[node] = outputs;
  take(node, taken, outputs, ready);
}

bool Progress::failed(NodeIndex node, SharedValue error, std::vector<ReadyNode>& ready, std::vector<EdgeIndex>& taken) {
  find_taken(node, EdgeKind::error, error->as_object(), taken);
  if (taken.empty()) return false;
  take(node, taken, error, ready);
  return true;
}

Object Progress::outputs() const {
  const SharedValue* only = nullptr;
  std::size_t count = 0;
  for (const SharedValue& payload : last_) {
    if (payload == nullptr) continue;
    only = &payload;
    ++count;
  }
  if (count == 1) return (*only)->as_object();
  Object result;
  for (NodeIndex node = 0; node < last_.size(); ++node) {
    if (last_[node] != nullptr) result.set(plan_.nodes[node].id, *last_[node]);
  }
  return result;
}

// `edges` are taken, the others of the node are not.
void Progress::take(NodeIndex node, const std::vector<EdgeIndex>& edges, const SharedValue& payload,
                    std::vector<ReadyNode>& ready) {
  auto next = edges.begin();
  for (const EdgeIndex edge : plan_.nodes[node].outgoing) {
    if (plan_.edges[edge].kind == EdgeKind::loop) continue;
    const bool is_taken = next != edges.end() && *next == edge;
    if (is_taken) ++next;
    decide(edge, is_taken ? payload : nullptr, ready);
  }
  decide_skipped(ready);
  settle(node, ready);
}

void Progress::decide(EdgeIndex edge, const SharedValue& payload, std::vector<ReadyNode>& ready) {
  const NodeIndex to = plan_.edges[edge].to;
  NodeState& state = nodes_[to];
  --state.undecided;
  if (payload != nullptr) {
    on_edges_[edge] = payload;
    state.is_taken = true;
  }
  if (state.has_begun) return;  // of an any-join
  const bool is_enough = plan_.nodes[to].join.when == Join::any ? state.is_taken : state.undecided == 0;
  if (is_enough && state.is_taken) {
    begin(to, inputs_of(to), ready);
  } else if (state.undecided == 0) {
    skipped_.push_back(to);
  }
}

// One after the other, not one inside the other: what is skipped may be a long chain.
void Progress::decide_skipped(std::vector<ReadyNode>& ready) {
  while (!skipped_.empty()) {
    const NodeIndex node = skipped_.back();
    skipped_.pop_back();
    for (const EdgeIndex edge : plan_.nodes[node].outgoing) {
      if (plan_.edges[edge].kind != EdgeKind::loop) decide(edge, nullptr, ready);
    }
    settle(node, ready);
  }
}

void Progress::settle(NodeIndex node, std::vector<ReadyNode>& ready) {
  nodes_[node].is_settled = true;
  const std::vector<LoopIndex>& loops = plan_.nodes[node].loops;
  for (const LoopIndex loop : loops) --loops_[loop].unsettled;
  for (const LoopIndex loop : loops) {
    // One is left: the node that closes the loop, which has ended and taken its edge.
    if (loops_[loop].unsettled == 1 && loops_[loop].waiting != nullptr) {
      return restart(loop, std::move(loops_[loop].waiting), ready);
    }
  }
}

void Progress::begin(NodeIndex node, SharedValue inputs, std::vector<ReadyNode>& ready) {
  nodes_[node].has_begun = true;
  const std::vector<LoopIndex>& loops = plan_.nodes[node].loops;
  ready.push_back({node, std::move(inputs), loops.empty() ? 0 : loops_[loops.front()].iterations + 1});
}

void Progress::restart(LoopIndex loop, SharedValue inputs, std::vector<ReadyNode>& ready) {
  const PlannedLoop& planned = plan_.loops[loop];
  loops_[loop].waiting = nullptr;
  ++loops_[loop].iterations;
  for (const NodeIndex node : planned.nodes) reset(node);
  // Loops inside begin anew; those around it wait for these nodes once more.
  for (const NodeIndex node : planned.nodes) {
    for (const LoopIndex other : plan_.nodes[node].loops) {
      if (other != loop && plan_.loops[other].nodes.size() < planned.nodes.size()) loops_[other].iterations = 0;
    }
  }
  begin(planned.first, std::move(inputs), ready);
}

void Progress::reset(NodeIndex node) {
  NodeState& state = nodes_[node];
  if (state.is_settled) {
    for (const LoopIndex loop : plan_.nodes[node].loops) ++loops_[loop].unsettled;
  }
  const std::vector<EdgeIndex>& incoming = plan_.nodes[node].incoming;
  for (const EdgeIndex edge : incoming) on_edges_[edge] = nullptr;
  state = NodeState{.undecided = incoming.size()};
  last_[node] = nullptr;
}

LoopIndex Progress::loop_taken_by(NodeIndex node, const Object& outputs) const {
  for (const EdgeIndex index : plan_.nodes[node].outgoing) {
    const PlannedEdge& edge = plan_.edges[index];
    if (edge.kind != EdgeKind::loop || loops_[edge.loop].iterations >= plan_.loops[edge.loop].max_iterations) continue;
    if (edge.condition.holds(outputs)) return edge.loop;
  }
  return no_index;
}

void Progress::find_taken(NodeIndex node, EdgeKind kind, const Object& outputs, std::vector<EdgeIndex>& taken) const {
  bool has_otherwise = false, has_condition_held = false;
  for (const EdgeIndex index : plan_.nodes[node].outgoing) {
    const PlannedEdge& edge = plan_.edges[index];
    if (edge.kind != kind) continue;
    if (edge.condition.is_otherwise()) {
      has_otherwise = true;
    } else if (edge.condition.holds(outputs)) {
      has_condition_held = has_condition_held || !edge.condition.is_always();
      taken.push_back(index);
    }
  }
  if (!has_otherwise || has_condition_held) return;
  for (const EdgeIndex index : plan_.nodes[node].outgoing) {
    const PlannedEdge& edge = plan_.edges[index];
    if (edge.kind != kind || !edge.condition.is_otherwise()) continue;
    taken.insert(std::upper_bound(taken.begin(), taken.end(), index), index);
  }
}

SharedValue Progress::inputs_of(NodeIndex node) const {
  const PlannedNode& planned = plan_.nodes[node];
  if (planned.incoming.size() == 1) return on_edges_[planned.incoming.front()];
  return planned.join.inputs == JoinInputs::merged ? merged(plan_, node, on_edges_) : by_source(plan_, node, on_edges_);
}

}  // namespace spark::detail
