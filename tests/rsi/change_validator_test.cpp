// Which changes may be made of a graph, and why others may not.
#include "spark/rsi/change_validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spark/base/error.h"
#include "spark/graph/execution_context.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// load → count → rank → send, where count and rank only look at the text that load gives.
class ChangeValidators : public ::testing::Test {
 protected:
  ChangeValidators() {
    add("LoadNode", {.has_effects = false, .reads = Ports{}, .gives = Ports{{"text", ValueType::string}}});
    add("CountNode", {.has_effects = false,
                      .is_repeatable = true,
                      .reads = Ports{{"text", ValueType::string}},
                      .gives = Ports{{"count", ValueType::integer}},
                      .passes_inputs = true,
                      .alternatives = {"FastCountNode", "WordyCountNode", "MailingCountNode"}});
    add("FastCountNode", {.has_effects = false,
                          .reads = Ports{{"text", ValueType::string}},
                          .gives = Ports{{"count", ValueType::integer}}});
    add("WordyCountNode", {.has_effects = false,
                           .reads = Ports{{"text", ValueType::string}, {"language", ValueType::string}},
                           .gives = Ports{{"count", ValueType::string}}});
    add("MailingCountNode", {.reads = Ports{}, .gives = Ports{{"count", ValueType::integer}}});
    add("RankNode", {.has_effects = false,
                     .reads = Ports{{"text", ValueType::string}},
                     .gives = Ports{{"rank", ValueType::number}},
                     .passes_inputs = true});
    add("SendNode", {.reads = Ports{{"count", ValueType::integer}, {"rank", ValueType::number}},
                     .gives = Ports{},
                     .alternatives = {"QuietNode"}});
    add("QuietNode", {.has_effects = false, .reads = Ports{}, .gives = Ports{}});
    add("UnknownNode", {});
    spec_.id = "mail";
    for (const char* id : {"load", "count", "rank", "send"}) {
      std::string type = std::string(id) + "Node";
      type[0] = static_cast<char>(type[0] - 'a' + 'A');
      spec_.nodes.push_back({.id = id, .type = type});
    }
    for (std::size_t i = 0; i + 1 < spec_.nodes.size(); ++i) {
      spec_.edges.push_back({.from = spec_.nodes[i].id, .to = spec_.nodes[i + 1].id});
    }
  }

  using Ports = std::vector<Port>;

  void add(const std::string& type, NodeTraits traits) {
    const auto make = [type](const Object&) {
      return function_node(type, [](ExecutionContext&) { return Outputs(); });
    };
    registry_.add(type, make,
                  {{.name = "size", .domain = IntegerBounds{1, 64}, .default_value = 8},
                   {.name = "prompt", .domain = FreeText{.max_bytes = 100}, .default_value = ""}});
    registry_.describe(type, std::move(traits));
  }
  [[nodiscard]] std::vector<std::string> faults(const Change& change, const ChangeRules& rules = {}) const {
    return ChangeValidator(registry_, rules).faults(spec_, change);
  }
  [[nodiscard]] Risk risk(const Change& change) const { return ChangeValidator(registry_, {}).risk(spec_, change); }
  static NodePolicy attempts(std::int64_t count) {
    NodePolicy policy;
    policy.max_attempts = count;
    return policy;
  }
  static NodePolicy cached() {
    NodePolicy policy;
    policy.cache = CachePolicy();
    return policy;
  }

  NodeRegistry registry_;
  GraphSpec spec_;
};

TEST_F(ChangeValidators, what_is_declared_may_be_changed) {
  NodePolicy slow;
  slow.timeout = 2s;
  for (const Change& change :
       {Change::set_config(spec_, "count", "size", 16), Change::set_config(spec_, "rank", "prompt", "Rank it."),
        Change::set_policy(spec_, "rank", attempts(3)), Change::set_policy(spec_, "send", slow),
        Change::set_policy(spec_, "count", cached()), Change::replace_node(spec_, "count", "FastCountNode", {}),
        Change::reorder(spec_, "count", "rank"), Change::parallelize(spec_, {"count", "rank"})}) {
    EXPECT_THAT(faults(change), IsEmpty()) << change.to_string();
  }
}

TEST_F(ChangeValidators, protected_nodes_and_their_edges_stay) {
  const ChangeRules rules{.protected_nodes = {"co*"}};
  EXPECT_THAT(faults(Change::set_config(spec_, "count", "size", 16), rules), ElementsAre("count is protected"));
  EXPECT_THAT(faults(Change::parallelize(spec_, {"count", "rank"}), rules), Contains("count is protected"));
  EXPECT_THAT(faults(Change::set_config(spec_, "rank", "size", 16), rules), IsEmpty());
  EXPECT_THROW(ChangeValidator(registry_, {.protected_nodes = {"[a"}}), Error);
}

TEST_F(ChangeValidators, only_kinds_that_are_allowed) {
  const ChangeRules rules{.allowed_kinds = {ChangeKind::set_config}};
  EXPECT_THAT(faults(Change::set_config(spec_, "count", "size", 16), rules), IsEmpty());
  EXPECT_THAT(faults(Change::set_policy(spec_, "rank", attempts(2)), rules),
              ElementsAre("changes of the kind set_retry are not allowed"));
}

TEST_F(ChangeValidators, parameters_stay_within_their_bounds) {
  EXPECT_THAT(faults(Change::set_config(spec_, "count", "size", 65)),
              Contains("count: size must be a whole number from 1 to 64"));
  EXPECT_THAT(faults(Change::set_config(spec_, "count", "size", 2.5)), Contains(HasSubstr("size must be")));
  EXPECT_THAT(faults(Change::set_config(spec_, "count", "prompt", std::string(101, 'x'))),
              Contains(HasSubstr("prompt must be a text of at most 100 bytes")));
  EXPECT_THAT(faults(Change::set_config(spec_, "count", "made_up", 1)),
              Contains("count: \"made_up\" is no tunable of CountNode"));
}

TEST_F(ChangeValidators, effects_are_neither_repeated_nor_left_out) {
  EXPECT_THAT(faults(Change::set_policy(spec_, "send", attempts(3))), Contains(HasSubstr("send has effects")));
  EXPECT_THAT(faults(Change::set_policy(spec_, "send", attempts(3)), {.allows_repeated_effects = true}), IsEmpty());
  EXPECT_THAT(faults(Change::set_policy(spec_, "send", cached())), Contains(HasSubstr("a cache would leave out")));
  EXPECT_THAT(faults(Change::set_policy(spec_, "rank", cached())), Contains(HasSubstr("may give other outputs")));
  EXPECT_THAT(faults(Change::replace_node(spec_, "send", "QuietNode", {})),
              Contains("send: the effects of SendNode would be left out"));
  EXPECT_THAT(faults(Change::remove_edge(spec_, "rank", "send")), Contains(HasSubstr("send")));
}

TEST_F(ChangeValidators, a_replacement_does_the_same) {
  EXPECT_THAT(faults(Change::replace_node(spec_, "rank", "CountNode", {})),
              Contains("rank: CountNode is not declared to do what RankNode does"));
  const auto wordy = faults(Change::replace_node(spec_, "count", "WordyCountNode", {}));
  EXPECT_THAT(wordy, Contains(HasSubstr("needs \"language\"")));
  EXPECT_THAT(wordy, Contains(HasSubstr("does not give \"count\"")));
  EXPECT_THAT(faults(Change::replace_node(spec_, "count", "MailingCountNode", {})),
              Contains("count: MailingCountNode has effects"));
  EXPECT_THAT(faults(Change::replace_node(spec_, "count", "NoSuchNode", {})),
              Contains("count: there is no node type \"NoSuchNode\""));
  EXPECT_THAT(faults(Change::replace_node(spec_, "count", "FastCountNode", {{"size", 100}})),
              Contains(HasSubstr("allowed is a whole number from 1 to 64")));
}

TEST_F(ChangeValidators, what_a_node_reads_still_reaches_it) {
  // Without rank, nothing gives "rank"; without an edge, nothing leads there.
  EXPECT_THAT(faults(Change::parallelize(spec_, {"rank", "send"})), Contains("send would not get \"rank\""));
  EXPECT_THAT(faults(Change::reorder(spec_, "rank", "send")), Contains("send would not get \"rank\""));
  EXPECT_THAT(faults(Change::remove_edge(spec_, "count", "rank")), ::testing::Not(IsEmpty()));
  spec_.nodes[2].type = "UnknownNode";
  EXPECT_THAT(faults(Change::parallelize(spec_, {"count", "rank"})),
              Contains("rank would follow other nodes, and UnknownNode does not say what it reads"));
}

TEST_F(ChangeValidators, no_cycles_and_no_nodes_that_nothing_leads_to) {
  EXPECT_THAT(faults(Change::add_edge(spec_, {.from = "rank", .to = "count"})), ::testing::Not(IsEmpty()));
  EXPECT_THAT(faults(Change::remove_edge(spec_, "load", "count")), ::testing::Not(IsEmpty()));
}

TEST_F(ChangeValidators, a_change_of_another_graph_says_so) {
  GraphSpec other = spec_;
  other.nodes[1].config.set("size", 9);
  EXPECT_THAT(ChangeValidator(registry_, {}).faults(other, Change::set_config(spec_, "count", "size", 16)),
              Contains(HasSubstr("not what the change was made for")));
}

TEST_F(ChangeValidators, risk_follows_what_may_go_wrong) {
  EXPECT_EQ(risk(Change::set_policy(spec_, "rank", attempts(3))), Risk::low);
  EXPECT_EQ(risk(Change::set_config(spec_, "rank", "size", 16)), Risk::medium);
  EXPECT_EQ(risk(Change::replace_node(spec_, "count", "FastCountNode", {})), Risk::medium);
  EXPECT_EQ(risk(Change::parallelize(spec_, {"count", "rank"})), Risk::high);
  EXPECT_EQ(risk(Change::set_config(spec_, "send", "size", 16)), Risk::high);
}

TEST_F(ChangeValidators, traits_that_cannot_be_are_refused) {
  EXPECT_THROW(registry_.describe("NoSuchNode", {}), Error);
  EXPECT_THROW(registry_.describe("CountNode", {.reads = Ports{{"a"}, {"a"}}}), Error);
  EXPECT_THROW(registry_.describe("CountNode", {.alternatives = {"CountNode"}}), Error);
  EXPECT_TRUE(registry_.traits("UnknownNode").has_effects);
}

}  // namespace
}  // namespace spark::testing
