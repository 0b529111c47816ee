// A graph as data: printed, read back and built it is the same graph, and what is malformed is refused with its place.
#include <gtest/gtest.h>

#include <string>

#include "graph/random_graphs.h"
#include "spark/async/executor.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/graph/graph.h"
#include "spark/graph/node_registry.h"

namespace spark {
namespace {

// {"value": …} gives that.
class ValueNode final : public Node {
 public:
  explicit ValueNode(const Object& config) : config_(config) {
    if (config.find("value") == nullptr) throw Error(ErrorCode::invalid_argument, "config.value is missing");
  }
  Task<Outputs> process(ExecutionContext&) override { co_return Outputs{{"value", config_.at("value")}}; }
  [[nodiscard]] Object config() const override { return config_; }

 private:
  Object config_;
};

NodeRegistry& registry() {
  static NodeRegistry nodes;
  static const bool is_filled = [] {
    nodes.add<ValueNode>("ValueNode");
    nodes.add_condition("is_small", [](const Outputs& outputs) { return outputs.at("value").as_int() < 10; });
    return true;
  }();
  (void)is_filled;
  return nodes;
}

GraphSpec parse(const std::string& json) { return graph_spec_from_value(parse_json(json), registry()); }

NodePtr value_node(const std::string& id, int value) {
  NodePtr node = registry().make("ValueNode", {{"value", value}}, "test");
  node->set_id(id);
  return node;
}

TEST(GraphSpec, printed_and_read_back_builds_the_same_graph) {
  const NodePtr a = value_node("a", 1), b = value_node("b", 2), c = value_node("c", 3), d = value_node("d", 4);
  b->set_policy({.max_attempts = 3, .timeout = Seconds(2)});
  d->set_join({.when = Join::any, .inputs = JoinInputs::by_source});
  a->on(output("value") < 5 && !(output("value") == 2)) >> b;
  a->on(Condition::callable("is_small", [](const Outputs&) { return true; })) >> c;
  a->on_error() >> d;
  parallel(b, c) >> d;
  const auto inner = make_node<Graph>(
      GraphOptions{.start = value_node("x", 1) >> value_node("y", 2), .id = "inner", .max_parallel_nodes = 3});
  d >> inner;
  inner->on(output("value") == 7).back_to(d, 5);
  const Graph graph({.start = a, .id = "whole", .max_parallel_nodes = 2});

  const std::string printed = to_json(to_value(graph.spec()));
  const Graph again(parse(printed), registry());
  EXPECT_EQ(to_json(to_value(again.spec())), printed);
  EXPECT_EQ(again.definition().hash, graph.definition().hash);
  EXPECT_EQ(again.version(), graph.version());
  EXPECT_EQ(sync_wait(again.run()), sync_wait(graph.run()));
}

TEST(GraphSpec, that_is_changed_is_another_version_unless_it_was_given_one) {
  GraphSpec unnamed = Graph({.start = value_node("a", 1)}).spec();
  const std::string before = Graph(unnamed, registry()).version();
  unnamed.nodes[0].config.set("value", 2);
  EXPECT_NE(Graph(unnamed, registry()).version(), before);
  GraphSpec named = Graph({.start = value_node("a", 1), .version = "1.0"}).spec();
  named.nodes[0].config.set("value", 2);
  EXPECT_EQ(Graph(named, registry()).version(), "1.0");
}

TEST(GraphSpec, keeps_the_limit_of_parallel_nodes_also_of_a_subgraph) {
  const GraphSpec spec = parse(R"({"max_parallel_nodes": 2, "nodes": [
      {"id": "part", "type": "Graph", "config": {"graph_hash": "p"}}],
      "subgraphs": {"p": {"max_parallel_nodes": 3, "nodes": [{"id": "x", "type": "ValueNode", "config": {"value": 1}}]}}})");
  const GraphSpec again = Graph(spec, registry()).spec();
  EXPECT_EQ(again.max_parallel_nodes, 2U);
  ASSERT_EQ(again.subgraphs.size(), 1U);
  EXPECT_EQ(again.subgraphs.begin()->second.max_parallel_nodes, 3U);
  EXPECT_THROW(Graph({.start = value_node("a", 1), .max_parallel_nodes = 1'000'001}), Error);
}

// Each subgraph uses the one below it twice.
TEST(GraphSpec, that_would_make_too_many_nodes_is_refused) {
  GraphSpec spec{.nodes = {{.id = "top", .type = "Graph", .config = {{"graph_hash", "40"}}}}};
  spec.subgraphs["0"] = {.nodes = {{.id = "a", .type = "ValueNode", .config = {{"value", 1}}}}};
  for (int level = 1; level <= 40; ++level) {
    const Object below{{"graph_hash", std::to_string(level - 1)}};
    spec.subgraphs[std::to_string(level)] = {
        .nodes = {{.id = "a", .type = "Graph", .config = below}, {.id = "b", .type = "Graph", .config = below}},
        .edges = {{.from = "a", .to = "b"}}};
  }
  try {
    static_cast<void>(build_nodes(spec, registry()));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("the whole would have more than 100000 nodes"), std::string::npos);
  }
}

// Edges that are listed from the end would be a walk each if they were made in that order; 20,000 take seconds then.
TEST(GraphSpec, edges_may_come_in_any_order) {
  constexpr int length = 20'000;
  GraphSpec spec;
  for (int i = 0; i < length; ++i) {
    spec.nodes.push_back({.id = std::to_string(i), .type = "ValueNode", .config = {{"value", i}}});
  }
  for (int i = length - 2; i >= 0; --i) {
    spec.edges.push_back({.from = std::to_string(i), .to = std::to_string(i + 1)});
    if (i == 5) spec.edges.push_back({.from = "9", .to = "6", .kind = EdgeKind::loop, .max_iterations = 2});
  }
  const Graph graph(spec, registry());
  EXPECT_EQ(graph.definition().content.at("edges").as_array().size(), static_cast<std::size_t>(length));
  spec.edges.push_back({.from = "100", .to = "50"});
  EXPECT_THROW(Graph(spec, registry()), Error);
}

TEST(GraphSpec, is_what_the_graph_was_when_it_was_made) {
  const NodePtr a = value_node("a", 1);
  a->set_policy({.max_attempts = 2});
  const Graph graph({.start = a});
  a->set_policy({.max_attempts = 7});
  EXPECT_EQ(graph.spec().nodes[0].policy.max_attempts, 2);
}

// Built once more from its spec, with nodes that do the same.
TEST(GraphSpec, of_random_graphs_behaves_the_same) {
  VirtualClock clock;
  Executor executor({.clock = &clock});
  int succeeded = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const tests::RandomGraph described = tests::make_random_graph(random);
    tests::Journal journal, journal_again;
    const Graph graph({.start = tests::connect_nodes(described, journal)});
    NodeRegistry nodes;
    nodes.add("JournalNode", [&](const Object& config) {
      return tests::make_journal_node(described, config.at("index").as_int(), journal_again);
    });
    const Graph again(graph_spec_from_value(parse_json(to_json(to_value(graph.spec()))), nodes), nodes);
    ASSERT_EQ(again.definition(), graph.definition()) << "seed " << seed;
    const auto outcome = [&](const Graph& which) {
      try {
        return to_json(sync_wait(executor, which.run(Inputs{{"seed", 1}})));
      } catch (const std::runtime_error&) {
        return std::string("it failed");
      }
    };
    const std::string expected = outcome(graph);
    ASSERT_EQ(outcome(again), expected) << "seed " << seed;
    if (expected == "it failed") continue;  // and how far it came depends on what ran beside
    ASSERT_EQ(journal_again.executions(), journal.executions()) << "seed " << seed;
    ++succeeded;
  }
  EXPECT_GT(succeeded, 150);
}

struct Malformed {
  const char* json;
  const char* error;
};

void PrintTo(const Malformed& malformed, std::ostream* out) { *out << malformed.error; }

class MalformedSpec : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedSpec, is_refused_with_its_place) {
  try {
    const Graph graph(parse(GetParam().json), registry());
    FAIL() << "it was built";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(), GetParam().error);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Specs, MalformedSpec,
    testing::Values(
        Malformed{R"([])", "graph: an array is not an object"},
        Malformed{R"({})", "graph.nodes: is missing or empty; a graph needs a node"},
        Malformed{R"({"nodes": []})", "graph.nodes: is missing or empty; a graph needs a node"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}], "edgs": []})",
                  "graph.edgs: there is no such member, only id, version, max_parallel_nodes, nodes, edges, subgraphs"},
        Malformed{R"({"nodes": [{"id": "a"}]})", "graph.nodes[0].type: is missing or empty"},
        Malformed{R"({"max_parallel_nodes": -1, "nodes": [{"id": "a"}]})",
                  "graph.max_parallel_nodes is -1, allowed is 0 to 1000000"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}, "join": {"when": ""}}]})",
                  "graph.nodes[0].join.when is \"\", allowed is all, any"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                      "edges": [{"from": "a", "to": "a", "kind": ""}]})",
                  "graph.edges[0].kind is \"\", allowed is forward, error, loop"},
        Malformed{R"({"nodes": [{"type": "ValueNode"}]})", "graph.nodes[0].id: is missing or empty"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNod"}]})",
                  "graph.nodes[0] \"a\": there is no node type \"ValueNod\"; near it are ValueNode"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode"}]})",
                  "graph.nodes[0] \"a\": ValueNode: config.value is missing"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": 1}]})",
                  "graph.nodes[0].config: 1 is not an object"},
        Malformed{
            R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}, "policy": {"max_attempts": 0}}]})",
            "graph.nodes[0].policy.max_attempts is 0, allowed is 1 to 1000"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}, "join": {"when": "one"}}]})",
                  "graph.nodes[0].join.when is \"one\", allowed is all, any"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}},
                              {"id": "a", "type": "ValueNode", "config": {"value": 1}}]})",
                  "graph.nodes[1].id: \"a\" is the id of another node too"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                   "edges": [{"from": "a", "to": "b"}]})",
                  "graph.edges[0].to: there is no node \"b\""},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                   "edges": [{"from": "a", "to": "a"}]})",
                  "graph.edges[0]: a >> b: an edge from ValueNode \"a\" to ValueNode \"a\" would close a cycle; a loop "
                  "is made by on(...).back_to(...)"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                   "edges": [{"from": "a", "to": "a", "kind": "loop"}]})",
                  "graph.edges[0].max_iterations: is missing; a loop needs a bound"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                   "edges": [{"from": "a", "to": "a", "max_iterations": 2}]})",
                  "graph.edges[0].max_iterations: is for edges of kind loop"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                   "edges": [{"from": "a", "to": "a", "kind": "back"}]})",
                  "graph.edges[0].kind is \"back\", allowed is forward, error, loop"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                   "edges": [{"from": "a", "to": "a", "condition": {"path": "x", "op": "=>", "value": 1}}]})",
                  "graph.edges[0].condition.op: \"=>\" is not one of ==, !=, <, <=, >, >=, exists, contains, matches"},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}],
                   "edges": [{"from": "a", "to": "a", "condition": {"callable": "is_big"}}]})",
                  "graph.edges[0].condition.callable: there is no callable \"is_big\""},
        Malformed{R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}},
                              {"id": "b", "type": "ValueNode", "config": {"value": 1}}]})",
                  "graph.nodes[1]: no edges lead to \"b\" from the first node, which is the start"},
        Malformed{R"({"nodes": [{"id": "a", "type": "Graph", "config": {}}]})",
                  "graph.nodes[0] \"a\": config.graph_hash is missing"},
        Malformed{R"({"nodes": [{"id": "a", "type": "Graph", "config": {"graph_hash": "h"}}]})",
                  "graph.nodes[0] \"a\": there is no subgraph \"h\""},
        Malformed{R"({"nodes": [{"id": "a", "type": "Graph", "config": {"graph_hash": "h"}}],
                   "subgraphs": {"h": {"nodes": [{"id": "a", "type": "Graph", "config": {"graph_hash": "h"}}]}}})",
                  "graph.subgraphs.h.nodes[0] \"a\": the subgraph \"h\" contains itself"}));

TEST(GraphSpec, cannot_be_given_beside_a_start) {
  const GraphSpec spec = parse(R"({"nodes": [{"id": "a", "type": "ValueNode", "config": {"value": 1}}]})");
  EXPECT_THROW(Graph(spec, registry(), {.start = value_node("b", 1)}), Error);
}

}  // namespace
}  // namespace spark
