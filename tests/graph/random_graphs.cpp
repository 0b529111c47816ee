#include "graph/random_graphs.h"

#include <chrono>
#include <optional>
#include <stdexcept>

#include "spark/async/blocking.h"
#include "spark/async/sleep.h"
#include "spark/base/json.h"

namespace spark::tests {

namespace {

std::string name_of(std::size_t node) { return "n" + std::to_string(node); }

// Numbers that depend on all of the text.
std::int64_t number_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return static_cast<std::int64_t>((hash >> 20) % 1'000);
}

Object sorted(const Object& object) {
  std::map<std::string, Value> members;
  for (const auto& [name, value] : object) members.emplace(std::string(name), value);
  Object result;
  for (auto& [name, value] : members) {
    result.set(name, value.is_object() ? Value(sorted(value.as_object())) : value);
  }
  return result;
}

// ---- making ----

class Generator {
 public:
  explicit Generator(Random& random) : random_(random) {}

  RandomGraph make() {
    if (below(3) == 0) {
      layers();
    } else {
      block(4);
    }
    return std::move(graph_);
  }

 private:
  struct Ends {
    std::size_t first, last;
  };

  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_.next() >> 32) % limit; }
  bool one_in(std::size_t n) { return below(n) == 0; }

  std::size_t node() {
    RandomNode node;
    if (one_in(12)) node.fails_below = static_cast<std::int64_t>(below(500));
    if (one_in(4)) node.attempts = 1 + static_cast<std::int64_t>(below(3));
    node.is_any = one_in(8);
    node.is_by_source = one_in(4);
    node.waits = one_in(3);
    node.blocks = one_in(20);
    graph_.nodes.push_back(node);
    return graph_.nodes.size() - 1;
  }

  void edge(std::size_t from, std::size_t to, std::int64_t below_number = 1'000, bool is_otherwise = false) {
    for (const RandomEdge& other : graph_.edges) {
      if (other.from == from && other.to == to && other.kind == EdgeKind::forward) return;
    }
    graph_.edges.push_back({.from = from, .to = to, .below = below_number, .is_otherwise = is_otherwise});
  }

  // Entered at its first node and left at its last.
  Ends block(int depth) {
    switch (depth == 0 ? 0 : below(6)) {
      case 0: {
        const std::size_t only = node();
        return {only, only};
      }
      case 1:
        return sequence(depth);
      case 2:
        return fan(depth, false);
      case 3:
        return fan(depth, true);
      case 4:
        return loop(depth);
      default:
        return guarded(depth);
    }
  }

  Ends sequence(int depth) {
    const Ends a = block(depth - 1), b = block(depth - 1);
    edge(a.last, b.first);
    return {a.first, b.last};
  }

  Ends fan(int depth, bool is_conditional) {
    const std::size_t first = node(), ways = 2 + below(3);
    std::vector<Ends> blocks;
    for (std::size_t i = 0; i < ways; ++i) {
      blocks.push_back(block(depth - 1));
      const bool is_otherwise = is_conditional && i + 1 == ways;
      edge(first, blocks.back().first, is_conditional ? static_cast<std::int64_t>(below(1'000)) : 1'000, is_otherwise);
    }
    const std::size_t last = node();
    for (const Ends& ends : blocks) edge(ends.last, last);
    return {first, last};
  }

  Ends loop(int depth) {
    const Ends body = block(depth - 1);
    for (const RandomEdge& other : graph_.edges) {
      if (other.kind == EdgeKind::loop && other.from == body.last && other.to == body.first) return body;
    }
    graph_.edges.push_back({.kind = EdgeKind::loop,
                            .from = body.last,
                            .to = body.first,
                            .below = 300 + static_cast<std::int64_t>(below(701)),
                            .max_iterations = 1 + static_cast<std::int64_t>(below(3))});
    return body;
  }

  // A node that may fail, another that is told, and where the two ways meet.
  Ends guarded(int depth) {
    const std::size_t first = node();
    graph_.nodes[first].fails_below = static_cast<std::int64_t>(below(1'000));
    const Ends well = block(depth - 1), badly = block(0);
    edge(first, well.first);
    graph_.edges.push_back({.kind = EdgeKind::error, .from = first, .to = badly.first});
    const std::size_t last = node();
    edge(well.last, last);
    edge(badly.last, last);
    return {first, last};
  }

  // Edges from each layer to any later one.
  void layers() {
    std::vector<std::size_t> before{node()};
    for (std::size_t layer = 1 + below(5); layer > 0; --layer) {
      const std::size_t begin = graph_.nodes.size(), width = 1 + below(5);
      for (std::size_t i = 0; i < width; ++i) node();
      for (std::size_t to = begin; to < graph_.nodes.size(); ++to) {
        for (std::size_t ways = 1 + below(3); ways > 0; --ways) {
          edge(before[below(before.size())], to, one_in(2) ? 1'000 : static_cast<std::int64_t>(below(1'000)));
        }
      }
      for (std::size_t i = begin; i < graph_.nodes.size(); ++i) before.push_back(i);
    }
  }

  Random& random_;
  RandomGraph graph_;
};

// ---- the reference ----

class Sequential {
 public:
  explicit Sequential(const RandomGraph& graph) : graph_(graph), taken_(graph.edges.size()) {}

  RandomOutcome run(const Inputs& inputs) {
    entry_ = inputs;
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      last_.erase(node);
      const std::optional<Object> given = inputs_of(node);
      if (!given) continue;
      const std::optional<Object> outputs = execute(node, *given);
      if (outputs) {
        if (const RandomEdge* back = loop_taken(node, *outputs)) {
          for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
            if (graph_.edges[i].to >= back->to && graph_.edges[i].to <= node) taken_[i].reset();
          }
          for (auto& [edge, count] : iterations_) {
            const RandomEdge& inner = graph_.edges[edge];
            if (&inner != back && inner.to >= back->to && inner.from <= back->from) count = 0;
          }
          entry_ = outputs;
          entry_node_ = back->to;
          node = back->to - 1;
          continue;
        }
        if (!take(node, EdgeKind::forward, *outputs)) last_[node] = *outputs;
      } else if (!take(node, EdgeKind::error, Object{{"error", true}})) {
        return {.has_failed = true, .outputs = {}, .executions = journal_.executions()};
      }
    }
    RandomOutcome outcome{.outputs = {}, .executions = journal_.executions()};
    if (last_.size() == 1) {
      outcome.outputs = last_.begin()->second;
    } else {
      for (const auto& [node, outputs] : last_) outcome.outputs.set(name_of(node), outputs);
    }
    return outcome;
  }

 private:
  std::optional<Object> inputs_of(std::size_t node) {
    if (entry_ && node == entry_node_) {
      Object inputs = std::move(*entry_);
      entry_.reset();
      return inputs;
    }
    Object inputs;
    std::size_t incoming = 0, taken = 0;
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
      if (graph_.edges[i].to != node || graph_.edges[i].kind == EdgeKind::loop) continue;
      ++incoming;
      taken += taken_[i] ? 1 : 0;
    }
    if (taken == 0) return std::nullopt;
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
      if (graph_.edges[i].to != node || !taken_[i]) continue;
      if (graph_.nodes[node].is_by_source && incoming > 1) {
        inputs.set(name_of(graph_.edges[i].from), *taken_[i]);
      } else {
        for (const auto& [name, value] : *taken_[i]) inputs.set(name, value);
      }
    }
    return inputs;
  }

  std::optional<Object> execute(std::size_t node, const Object& inputs) {
    for (std::int64_t attempt = 1; attempt <= graph_.nodes[node].attempts; ++attempt) {
      const std::int64_t number = journal_.begin(node, graph_.nodes[node], inputs);
      if (number >= graph_.nodes[node].fails_below) return Object{{name_of(node), number}};
    }
    return std::nullopt;
  }

  const RandomEdge* loop_taken(std::size_t node, const Object& outputs) {
    for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
      const RandomEdge& edge = graph_.edges[i];
      if (edge.kind != EdgeKind::loop || edge.from != node || iterations_[i] >= edge.max_iterations) continue;
      if (outputs.at(name_of(node)).as_int() >= edge.below) continue;
      ++iterations_[i];
      return &edge;
    }
    return nullptr;
  }

  bool take(std::size_t node, EdgeKind kind, const Object& outputs) {
    bool has_condition_held = false, has_taken = false;
    for (const bool otherwise : {false, true}) {
      for (std::size_t i = 0; i < graph_.edges.size(); ++i) {
        const RandomEdge& edge = graph_.edges[i];
        if (edge.from != node || edge.kind != kind || edge.is_otherwise != otherwise) continue;
        if (otherwise ? has_condition_held : edge.below < 1'000 && outputs.at(name_of(node)).as_int() >= edge.below) {
          continue;
        }
        taken_[i] = kind == EdgeKind::error ? Object{} : outputs;
        has_condition_held = has_condition_held || edge.below < 1'000;
        has_taken = true;
      }
    }
    return has_taken;
  }

  const RandomGraph& graph_;
  Journal journal_;
  std::vector<std::optional<Object>> taken_;
  std::map<std::size_t, std::int64_t> iterations_;
  std::map<std::size_t, Object> last_;
  std::optional<Object> entry_;
  std::size_t entry_node_ = 0;
};

// ---- nodes ----

// Numbers are made of what nodes gave, not of what an error says.
Object without_error(const Object& inputs) { return inputs.find("error_type") != nullptr ? Object{} : inputs; }

class JournalNode final : public Node {
 public:
  JournalNode(std::size_t index, const RandomNode& described, Journal& journal)
      : Node(name_of(index)), index_(index), described_(described), journal_(journal) {}

  Task<Outputs> process(ExecutionContext& context) override {
    const std::int64_t number = journal_.begin(index_, described_, without_error(context.inputs()));
    if (described_.waits) co_await sleep_for(std::chrono::milliseconds(number));
    if (described_.blocks) {
      const auto work = [] {};
      co_await run_blocking(work);
    }
    if (number < described_.fails_below) throw std::runtime_error("the number is " + std::to_string(number));
    co_return Outputs{{name_of(index_), number}};
  }
  [[nodiscard]] std::string type() const override { return "JournalNode"; }
  [[nodiscard]] Object config() const override { return {{"index", index_}}; }

 private:
  std::size_t index_;
  RandomNode described_;
  Journal& journal_;
};

}  // namespace

RandomGraph make_random_graph(Random& random) { return Generator(random).make(); }

std::int64_t Journal::begin(std::size_t node, const RandomNode& described, const Object& inputs) {
  const std::lock_guard lock(mutex_);
  const std::int64_t times = ++executions_[node];
  const std::string given = described.is_any ? "" : to_json(Value(sorted(inputs)));
  return number_of(name_of(node) + given + std::to_string(times));
}

std::map<std::size_t, std::int64_t> Journal::executions() const {
  const std::lock_guard lock(mutex_);
  return executions_;
}

RandomOutcome run_in_sequence(const RandomGraph& graph, const Inputs& inputs) { return Sequential(graph).run(inputs); }

NodePtr make_journal_node(const RandomGraph& graph, std::int64_t index, Journal& journal) {
  const auto position = static_cast<std::size_t>(index);
  return make_node<JournalNode>(position, graph.nodes[position], journal);
}

NodePtr connect_nodes(const RandomGraph& graph, Journal& journal) {
  std::vector<NodePtr> nodes;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const RandomNode& described = graph.nodes[i];
    nodes.push_back(make_node<JournalNode>(i, described, journal));
    nodes.back()->set_policy({.max_attempts = described.attempts, .backoff = {.initial = Seconds(0.01), .jitter = 0}});
    nodes.back()->set_join({.when = described.is_any ? Join::any : Join::all,
                            .inputs = described.is_by_source ? JoinInputs::by_source : JoinInputs::merged});
  }
  for (const RandomEdge& edge : graph.edges) {
    const NodePtr &from = nodes[edge.from], &to = nodes[edge.to];
    const Condition condition = edge.is_otherwise    ? Condition::otherwise()
                                : edge.below < 1'000 ? Condition(output(name_of(edge.from)) < edge.below)
                                                     : Condition::always();
    if (edge.kind == EdgeKind::loop) {
      from->on(condition).back_to(to, edge.max_iterations);
    } else if (edge.kind == EdgeKind::error) {
      from->on_error() >> to;
    } else {
      from->on(condition) >> to;
    }
  }
  return nodes.front();
}

}  // namespace spark::tests
