#include "spark/graph/node_registry.h"

#include <gtest/gtest.h>

#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fakes/numbers.h"
#include "graph/error_text.h"
#include "graph/near_names.h"
#include "spark/async/sync_wait.h"
#include "spark/base/json.h"
#include "spark/graph/graph.h"

namespace spark {
namespace {

using tests::error_text;

using fakes::nan;

// Gives its configuration.
class ConfiguredNode : public Node {
 public:
  explicit ConfiguredNode(const Object& config) : config_(config) {}
  Task<Outputs> process(ExecutionContext&) override { co_return config_; }
  [[nodiscard]] Object config() const override { return config_; }

 private:
  Object config_;
};

const std::vector<Tunable> tunables = {
    {.name = "temperature", .domain = NumberBounds{0, 2}, .default_value = 0.7, .description = "how free it is"},
    {.name = "size", .domain = IntegerBounds{1, 64}, .default_value = 8},
    {.name = "model", .domain = Choices{{"small", "large", nullptr}}, .default_value = "small"},
    {.name = "prompt", .domain = FreeText{.max_bytes = 10}, .default_value = ""}};

NodeFactory factory_throwing(auto exception) {
  return [exception](const Object&) -> NodePtr { throw exception; };
}

TEST(NodeRegistry, makes_nodes_with_the_defaults_of_what_is_left_out) {
  NodeRegistry registry;
  registry.add<ConfiguredNode>("ConfiguredNode", tunables, {"file"});
  const NodePtr node =
      registry.make("ConfiguredNode", {{"size", 64}, {"model", nullptr}, {"file", "a.txt"}}, "nodes[0]");
  EXPECT_EQ(node->config(),
            (Object{{"file", "a.txt"}, {"model", nullptr}, {"prompt", ""}, {"size", 64}, {"temperature", 0.7}}));
  EXPECT_EQ(node->type(), "ConfiguredNode");
  EXPECT_EQ(sync_wait(Graph({.start = node}).run()), node->config());
}

TEST(NodeRegistry, refuses_members_that_a_type_does_not_have) {
  NodeRegistry registry;
  registry.add<ConfiguredNode>("ConfiguredNode", tunables, {"file"});
  const auto make = [&](const Object& config) {
    return error_text([&] { static_cast<void>(registry.make("ConfiguredNode", config, "n")); });
  };
  EXPECT_EQ(make({{"modle", "large"}}),
            "invalid_argument: n: config.modle: there is no such member; near it are model");
  EXPECT_EQ(make({{"xyz", 1}}),
            "invalid_argument: n: config.xyz: there is no such member, only file, model, prompt, size, temperature");
}

// A class that says nothing about its configuration is written into specs all the same.
TEST(NodeRegistry, nodes_know_what_they_were_made_of) {
  NodeRegistry registry;
  registry.add("Silent",
               [](const Object&) { return function_node("Silent", [](ExecutionContext&) { return Outputs{}; }); },
               {{.name = "size", .domain = IntegerBounds{1, 64}, .default_value = 8}});
  EXPECT_EQ(registry.make("Silent", {{"size", 4}}, "n")->config(), (Object{{"size", 4}}));
  EXPECT_EQ(registry.make("Silent", {}, "n")->config(), (Object{{"size", 8}}));
}

TEST(NodeRegistry, refuses_a_node_of_another_type) {
  NodeRegistry registry;
  registry.add("Loud",
               [](const Object&) { return function_node("Silent", [](ExecutionContext&) { return Outputs{}; }); });
  EXPECT_EQ(error_text([&] { static_cast<void>(registry.make("Loud", {}, "n")); }),
            "invalid_argument: n: Loud: the factory gave a node whose type() is \"Silent\"");
  EXPECT_EQ(error_text([&] { registry.add("Graph", [](const Object&) { return NodePtr(); }); }),
            "invalid_argument: NodeRegistry::add: \"Graph\" is the type of subgraphs");
}

TEST(NodeRegistry, takes_values_at_the_bounds_and_refuses_those_behind_them) {
  NodeRegistry registry;
  registry.add<ConfiguredNode>("ConfiguredNode", tunables);
  for (const Object& config :
       std::vector<Object>{{{"temperature", 0}}, {{"temperature", 2.0}}, {{"size", 1}}, {{"prompt", "ten bytes."}}}) {
    EXPECT_NE(registry.make("ConfiguredNode", config, "node"), nullptr) << to_json(config);
  }
  const std::vector<std::pair<Object, const char*>> cases = {
      {{{"temperature", 2.5}}, "config.temperature is 2.5, allowed is a number from 0 to 2"},
      {{{"temperature", -1}}, "config.temperature is -1, allowed is a number from 0 to 2"},
      {{{"temperature", nan}}, "config.temperature is nan, allowed is a number from 0 to 2"},
      {{{"temperature", 1e300}}, "config.temperature is 1e+300, allowed is a number from 0 to 2"},
      {{{"temperature", true}}, "config.temperature is true, allowed is a number from 0 to 2"},
      {{{"temperature", nullptr}}, "config.temperature is null, allowed is a number from 0 to 2"},
      {{{"size", 0}}, "config.size is 0, allowed is a whole number from 1 to 64"},
      {{{"size", 65}}, "config.size is 65, allowed is a whole number from 1 to 64"},
      {{{"size", 8.0}}, "config.size is 8, allowed is a whole number from 1 to 64"},
      {{{"model", "huge"}}, R"(config.model is "huge", allowed is one of "small", "large", null)"},
      {{{"model", Array{"small"}}}, R"(config.model is an array, allowed is one of "small", "large", null)"},
      {{{"prompt", "eleven byte"}}, "config.prompt is a text of 11 bytes, allowed is a text of at most 10 bytes"},
      {{{"prompt", 7}}, "config.prompt is 7, allowed is a text of at most 10 bytes"},
  };
  for (const auto& [config, message] : cases) {
    EXPECT_EQ(error_text([&config = config, &registry] {
                static_cast<void>(registry.make("ConfiguredNode", config, "nodes[3] \"load_1\""));
              }),
              std::string("invalid_argument: nodes[3] \"load_1\": ") + message);
  }
}

TEST(NodeRegistry, says_where_a_factory_failed) {
  NodeRegistry registry;
  registry.add("Ours", factory_throwing(Error(ErrorCode::not_found, "there is no file \"a.txt\"")));
  registry.add("Standard", factory_throwing(std::out_of_range("row 7")));
  registry.add("Foreign", factory_throwing(7));
  registry.add("Nothing", [](const Object&) { return NodePtr(); });
  registry.add("NoMemory", factory_throwing(std::bad_alloc()));
  const auto made = [&](const char* type) {
    return error_text([&] { static_cast<void>(registry.make(type, {}, "nodes[3] \"load_1\"")); });
  };
  EXPECT_EQ(made("Ours"), "invalid_argument: nodes[3] \"load_1\": Ours: there is no file \"a.txt\"");
  EXPECT_EQ(made("Standard"), "invalid_argument: nodes[3] \"load_1\": Standard: std::out_of_range: row 7");
  EXPECT_EQ(made("Foreign"), "invalid_argument: nodes[3] \"load_1\": Foreign: int");
  EXPECT_EQ(made("Nothing"), "invalid_argument: nodes[3] \"load_1\": Nothing: the factory gave no node");
  EXPECT_THROW(static_cast<void>(registry.make("NoMemory", {}, "node")), std::bad_alloc);
}

TEST(NodeRegistry, names_similar_types_for_one_that_it_does_not_know) {
  NodeRegistry registry;
  const auto made = [&](std::string_view type) {
    return error_text([&] { static_cast<void>(registry.make(type, {}, "nodes[0]")); });
  };
  EXPECT_EQ(made("LoadNode"), "invalid_argument: nodes[0]: there is no node type \"LoadNode\"; none is registered");
  registry.add<ConfiguredNode>("TransformNode");
  registry.add<ConfiguredNode>("LoadNode");
  registry.add<ConfiguredNode>("Report");
  EXPECT_EQ(made("TransfromNode"),
            "invalid_argument: nodes[0]: there is no node type \"TransfromNode\"; near it are TransformNode");
  EXPECT_EQ(made("loadnode"), "invalid_argument: nodes[0]: there is no node type \"loadnode\"; near it are LoadNode");
  EXPECT_EQ(
      made(std::string_view("x\0", 2)),
      R"(invalid_argument: nodes[0]: there is no node type "x\u0000"; registered are LoadNode, Report, TransformNode)");
  const std::string name(1'000'000, 'x');
  EXPECT_EQ(made(name), "invalid_argument: nodes[0]: there is no node type \"" + name.substr(0, 100) +
                            "…\"; registered are LoadNode, Report, TransformNode");
  EXPECT_EQ(error_text([&] { static_cast<void>(registry.tunables("Raport")); }),
            "invalid_argument: NodeRegistry::tunables: there is no node type \"Raport\"; near it are Report");
}

TEST(NodeRegistry, lists_a_bounded_number_of_types) {
  NodeRegistry registry;
  for (char c = 'a'; c <= 'z'; ++c) registry.add<ConfiguredNode>(std::string(1, c));
  EXPECT_EQ(
      error_text([&] { static_cast<void>(registry.make("unknown", {}, "nodes[0]")); }),
      "invalid_argument: nodes[0]: there is no node type \"unknown\"; registered are a, b, c, d, e, f, g, h, i, j, "
      "k, l, m, n, o, p, q, r, s, t and 6 more");
}

TEST(NodeRegistry, tells_what_it_knows) {
  NodeRegistry registry;
  registry.add<ConfiguredNode>("b", tunables);
  registry.add<ConfiguredNode>("a");
  EXPECT_EQ(registry.types(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(registry.contains("a"));
  EXPECT_FALSE(registry.contains("c"));
  EXPECT_EQ(registry.tunables("b"), tunables);
  EXPECT_TRUE(registry.tunables("a").empty());
}

TEST(NodeRegistry, refuses_what_cannot_be_registered) {
  NodeRegistry registry;
  registry.add<ConfiguredNode>("Known");
  const auto add = [&](std::string type, NodeFactory factory) {
    return error_text([&] { registry.add(type, factory); });
  };
  const NodeFactory factory = [](const Object&) { return NodePtr(); };
  EXPECT_EQ(add("", factory), "invalid_argument: NodeRegistry::add: the type is empty");
  EXPECT_EQ(add("Known", factory), "invalid_argument: NodeRegistry::add: \"Known\" is registered already");
  EXPECT_EQ(add("New", nullptr), "invalid_argument: NodeRegistry::add: \"New\" has an empty factory");
  EXPECT_EQ(registry.types(), (std::vector<std::string>{"Known"}));
}

TEST(NodeRegistry, refuses_tunables_that_contradict_themselves) {
  NodeRegistry registry;
  const std::vector<std::pair<std::vector<Tunable>, const char*>> cases = {
      {{{.name = ""}}, ": the name is empty"},
      {{{.name = "a", .domain = NumberBounds{2, 1}, .default_value = 1}}, ".a: a number from 2 to 1 is no range"},
      {{{.name = "a", .domain = NumberBounds{nan, 1}, .default_value = 1}}, ".a: a number from nan to 1 is no range"},
      {{{.name = "a", .domain = NumberBounds{0, 2 * 1e308}, .default_value = 1}},
       ".a: a number from 0 to inf is no range"},
      {{{.name = "a", .domain = IntegerBounds{2, 1}, .default_value = 1}},
       ".a: a whole number from 2 to 1 is no range"},
      {{{.name = "a", .domain = Choices{}}}, ".a: 0 choices, allowed are 1 to 1000"},
      {{{.name = "a", .domain = Choices{std::vector<Value>(1'001, 1)}}}, ".a: 1001 choices, allowed are 1 to 1000"},
      {{{.name = "a", .domain = Choices{{1, 2, 1.0}}, .default_value = 1}}, ".a: 1 is there twice"},
      {{{.name = "a", .domain = Choices{{nan}}}}, ".a: nan equals nothing and cannot be chosen"},
      {{{.name = "a", .domain = Choices{{1, 2}}, .default_value = 3}}, ".a.default_value is 3, allowed is one of 1, 2"},
      {{{.name = "a", .domain = NumberBounds{1, 2}}}, ".a.default_value is null, allowed is a number from 1 to 2"},
      {{{.name = "a", .default_value = 1}, {.name = "a", .default_value = 1}}, ": two members are named \"a\""},
  };
  for (const auto& [wrong, message] : cases) {
    EXPECT_EQ(error_text([&registry, &wrong = wrong] { registry.add<ConfiguredNode>("Node", wrong); }),
              std::string("invalid_argument: NodeRegistry::add: \"Node\"") + message);
  }
  EXPECT_FALSE(registry.contains("Node"));
}

TEST(NodeRegistry, gives_conditions_their_callables) {
  NodeRegistry registry;
  registry.add_condition("has_room", [](const Outputs& outputs) { return outputs.size() < 2; });
  const auto add = [&](std::string name, ConditionFunction function) {
    return error_text([&] { registry.add_condition(name, function); });
  };
  const ConditionFunction yes = [](const Outputs&) { return true; };
  EXPECT_EQ(add("has_room", yes), "invalid_argument: NodeRegistry::add_condition: \"has_room\" is registered already");
  EXPECT_EQ(add("", yes), "invalid_argument: NodeRegistry::add_condition: the name is empty");
  EXPECT_EQ(add("f", nullptr), "invalid_argument: NodeRegistry::add_condition: \"f\" is an empty function");
  const Condition condition =
      Condition::from_value(parse_json(R"({"callable":"has_room"})"), registry.condition_callables());
  EXPECT_TRUE(condition.holds({{"a", 1}}));
  EXPECT_FALSE(condition.holds({{"a", 1}, {"b", 2}}));
}

TEST(TunableDomain, prints_a_bounded_number_of_choices) {
  Choices choices;
  for (int i = 0; i < 25; ++i) choices.values.push_back(i);
  EXPECT_EQ(to_string(TunableDomain(choices)),
            "one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 5 more");
}

TEST(EditDistance, counts_insertions_removals_replacements_and_exchanges) {
  EXPECT_EQ(detail::edit_distance("", ""), 0U);
  EXPECT_EQ(detail::edit_distance("abc", ""), 3U);
  EXPECT_EQ(detail::edit_distance("", "ab"), 2U);
  EXPECT_EQ(detail::edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(detail::edit_distance("from", "form"), 1U);
  EXPECT_EQ(detail::edit_distance("ca", "abc"), 3U);
}

TEST(NearNames, gives_the_nearest_first_and_at_most_three) {
  const std::vector<std::string> known = {"node_9", "node_12", "node_11", "node_1", "other"};
  EXPECT_EQ(detail::near_names("node_1", known), (std::vector<std::string>{"node_1", "node_11", "node_12"}));
  EXPECT_TRUE(detail::near_names("n", known).empty());
}

}  // namespace
}  // namespace spark
