// Graphs made at random from a seed, described so simply that a reference can run them one node after the other.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "spark/base/random.h"
#include "spark/graph/graph.h"

namespace spark::tests {

// What an edge asks of the number that its node gave, 0 to 999.
struct RandomEdge {
  EdgeKind kind = EdgeKind::forward;
  std::size_t from = 0;
  std::size_t to = 0;
  std::int64_t below = 1'000;  // taken if the number is less than this; 1,000: always
  bool is_otherwise = false;
  std::int64_t max_iterations = 0;
};

// Its number is made of its inputs, its index and how often it ran. It gives {"n<index>": number}.
struct RandomNode {
  std::int64_t fails_below = 0;  // throws if the number would be less than this
  std::int64_t attempts = 1;     // each attempt has a number of its own
  bool is_any = false;           // a join of the first; its number is made without its inputs
  bool is_by_source = false;
  bool waits = false;   // sleeps for `number` milliseconds
  bool blocks = false;  // runs on the blocking pool
};

// Edges lead to higher indices, but for loops. What lies in a loop has the indices between its two ends.
struct RandomGraph {
  std::vector<RandomNode> nodes;
  std::vector<RandomEdge> edges;
};

[[nodiscard]] RandomGraph make_random_graph(Random& random);

// What has run, by node index, a line for each execution; counted under a lock.
class Journal {
 public:
  // The number of this attempt of the node.
  std::int64_t begin(std::size_t node, const RandomNode& described, const Object& inputs);
  [[nodiscard]] std::map<std::size_t, std::int64_t> executions() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, std::int64_t> executions_;
};

struct RandomOutcome {
  bool has_failed = false;
  Object outputs;
  std::map<std::size_t, std::int64_t> executions;
};

// One after the other, by index.
[[nodiscard]] RandomOutcome run_in_sequence(const RandomGraph& graph, const Inputs& inputs);

[[nodiscard]] NodePtr make_journal_node(const RandomGraph& graph, std::int64_t index, Journal& journal);
// The same as nodes that are connected.
[[nodiscard]] NodePtr connect_nodes(const RandomGraph& graph, Journal& journal);

}  // namespace spark::tests
