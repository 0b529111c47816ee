// Changes of graphs: applied, described, reversed, stored.
#include "spark/rsi/change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/graph/node_registry.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

EdgeSpec edge(std::string from, std::string to) { return {.from = std::move(from), .to = std::move(to)}; }

// load → split → count → rank → report, and split → report if "short"; count's failures go to give_up.
GraphSpec some_graph() {
  GraphSpec spec;
  spec.id = "pipeline";
  for (const char* id : {"load", "split", "count", "rank", "report", "give_up"}) {
    spec.nodes.push_back({.id = id, .type = "StepNode"});
  }
  spec.nodes[1].config = {{"size", 8}, {"prompt", "Be brief."}};
  spec.edges = {edge("load", "split"), edge("split", "count"), edge("count", "rank"), edge("rank", "report")};
  spec.edges.push_back({.from = "count", .to = "give_up", .kind = EdgeKind::error});
  return spec;
}

std::vector<std::string> edges_text(const GraphSpec& spec) {
  std::vector<std::string> all;
  for (const EdgeSpec& one : spec.edges) {
    all.push_back(one.from + (one.kind == EdgeKind::error ? "!" : ">") + one.to);
  }
  std::sort(all.begin(), all.end());
  return all;
}

// With the edges in one order.
GraphSpec sorted(GraphSpec spec) {
  std::sort(spec.edges.begin(), spec.edges.end(), [](const EdgeSpec& a, const EdgeSpec& b) {
    return std::tie(a.from, a.to, a.kind) < std::tie(b.from, b.to, b.kind);
  });
  return spec;
}

std::string refusal(const std::function<Change()>& make) {
  try {
    return make().to_string();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
}

std::vector<Change> changes_of_every_kind(const GraphSpec& spec) {
  NodePolicy retry, timeout, cache;
  retry.max_attempts = 3;
  timeout.timeout = 2.5s;
  cache.cache = CachePolicy{.max_entries = 10};
  return {Change::set_config(spec, "split", "size", 16),
          Change::set_config(spec, "split", "model", "small"),
          Change::set_config(spec, "split", "prompt", Value()),
          Change::set_policy(spec, "count", retry),
          Change::set_policy(spec, "count", timeout),
          Change::set_policy(spec, "count", cache),
          Change::replace_node(spec, "rank", "FastNode", {{"k", 1}}),
          Change::add_edge(spec, edge("load", "report")),
          Change::remove_edge(spec, "rank", "report"),
          Change::reorder(spec, "count", "rank"),
          Change::reorder(spec, "load", "split"),
          Change::parallelize(spec, {"count", "rank"})};
}

TEST(Change, of_every_kind_changes_the_graph_and_can_be_taken_back) {
  const GraphSpec spec = some_graph();
  for (const Change& change : changes_of_every_kind(spec)) {
    const GraphSpec changed = change.apply(spec);
    EXPECT_NE(sorted(changed), sorted(spec)) << change.to_string();
    EXPECT_EQ(sorted(change.reversed().apply(changed)), sorted(spec)) << change.to_string();
    EXPECT_FALSE(diff(spec, changed).empty()) << change.to_string();
    // It is for one state of the graph.
    EXPECT_THROW(static_cast<void>(change.apply(changed)), Error) << change.to_string();
  }
}

TEST(Change, of_every_kind_is_the_same_after_it_was_stored) {
  const NodeRegistry registry;
  const GraphSpec spec = some_graph();
  for (const Change& change : changes_of_every_kind(spec)) {
    const Value stored = parse_json(to_json(change.to_value()));
    const Change again = Change::from_value(stored, registry);
    EXPECT_EQ(again.to_value(), change.to_value());
    EXPECT_EQ(again.kind(), change.kind());
    EXPECT_EQ(again.apply(spec), change.apply(spec));
  }
}

TEST(Change, says_on_one_line_what_it_does) {
  std::vector<std::string> lines;
  for (const Change& change : changes_of_every_kind(some_graph())) lines.push_back(change.to_string());
  EXPECT_THAT(
      lines,
      ElementsAre("split: size 8 → 16", "split: model (none) → \"small\"", "split: prompt \"Be brief.\" → (none)",
                  "count: attempts 1 → 3", "count: timeout none → 2.5 s", "count: cache none → 10 entries",
                  "rank: StepNode → FastNode", "new edge load → report", "no edge rank → report",
                  "count and rank change places", "load and split change places", "count, rank run beside each other"));
  EXPECT_EQ(changes_of_every_kind(some_graph()).back().reversed().to_string(), "count, rank run after each other");
}

TEST(Change, of_order_moves_the_edges_and_leaves_failures_with_their_node) {
  const GraphSpec spec = some_graph();
  EXPECT_THAT(edges_text(Change::reorder(spec, "count", "rank").apply(spec)),
              UnorderedElementsAre("load>split", "split>rank", "rank>count", "count>report", "count!give_up"));
  const GraphSpec turned = Change::reorder(spec, "load", "split").apply(spec);
  EXPECT_EQ(turned.nodes.front().id, "split");
  EXPECT_THAT(edges_text(turned),
              UnorderedElementsAre("split>load", "load>count", "count>rank", "rank>report", "count!give_up"));
}

TEST(Change, to_parallel_lets_the_next_node_wait_for_all) {
  const GraphSpec spec = some_graph();
  EXPECT_THAT(edges_text(Change::parallelize(spec, {"split", "count", "rank"}).apply(spec)),
              UnorderedElementsAre("load>split", "load>count", "load>rank", "split>report", "count>report",
                                   "rank>report", "count!give_up"));
}

TEST(Change, that_cannot_be_made_says_why) {
  const GraphSpec spec = some_graph();
  EXPECT_EQ(refusal([&] { return Change::set_config(spec, "gone", "size", 1); }),
            "not_found: the graph \"pipeline\" has no node \"gone\"");
  EXPECT_EQ(refusal([&] { return Change::set_config(spec, "split", "size", 8); }),
            "invalid_argument: split has this size already, so this would change nothing");
  NodePolicy both;
  both.max_attempts = 2;
  both.timeout = 1s;
  EXPECT_THAT(refusal([&] { return Change::set_policy(spec, "count", both); }),
              HasSubstr("one change is about one of"));
  EXPECT_THAT(refusal([&] { return Change::set_policy(spec, "count", {}); }), HasSubstr("already"));
  NodePolicy wrong;
  wrong.max_attempts = 0;
  EXPECT_THAT(refusal([&] { return Change::set_policy(spec, "count", wrong); }), HasSubstr("max_attempts"));
  EXPECT_THAT(refusal([&] { return Change::replace_node(spec, "rank", "StepNode", {}); }), HasSubstr("is a StepNode"));
  EXPECT_THAT(refusal([&] { return Change::add_edge(spec, edge("load", "split")); }),
              HasSubstr("load → split already"));
  EXPECT_THAT(refusal([&] { return Change::remove_edge(spec, "load", "rank"); }), HasSubstr("no edge load → rank"));
  EXPECT_THAT(refusal([&] { return Change::reorder(spec, "load", "rank"); }), HasSubstr("is not all that follows"));
  EXPECT_THAT(refusal([&] { return Change::parallelize(spec, {"load", "split"}); }), HasSubstr("is the start"));
  EXPECT_THAT(refusal([&] { return Change::parallelize(spec, {"count"}); }), HasSubstr("at least two"));
  GraphSpec conditional = spec;
  conditional.edges[3].condition = output("score") > 1;
  EXPECT_THAT(refusal([&] { return Change::reorder(conditional, "count", "rank"); }),
              HasSubstr("depends on its outputs"));
  EXPECT_THAT(refusal([&] {
                return Change::parallelize(conditional, {"rank", "report"});
              }),
              HasSubstr("is not all that follows"));
}

TEST(Change, of_another_graph_is_a_conflict_that_names_the_place) {
  const GraphSpec spec = some_graph();
  GraphSpec other = spec;
  other.nodes[1].config.set("size", 9);
  try {
    static_cast<void>(Change::set_config(spec, "split", "size", 16).apply(other));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_THAT(error.what(), HasSubstr("split: size"));
  }
}

TEST(Change, that_is_malformed_where_it_was_stored_is_refused) {
  const NodeRegistry registry;
  for (
      const char* text :
      {"1", "{}", R"({"kind":"paint","nodes":["a"]})", R"({"kind":"set_config","nodes":[]})",
       R"({"kind":"set_config","nodes":["a"],"member":1,"before":1,"after":2})",
       R"({"kind":"set_timeout","nodes":["a"],"before":{},"after":{"timeout":-1}})",
       R"({"kind":"add_edge","nodes":["a","b"],"removed":[],"added":[],"start_before":"","start_after":""})",
       R"({"kind":"add_edge","nodes":["a"],"removed":[],"added":[{"from":"a","to":"b"}],"start_before":"","start_after":""})",
       R"({"kind":"reorder","nodes":["a","b"],"removed":[{}],"added":[],"start_before":"","start_after":""})"}) {
    EXPECT_THROW(static_cast<void>(Change::from_value(parse_json(text), registry)), Error) << text;
  }
}

TEST(Diff, of_two_versions_names_every_difference) {
  const GraphSpec before = some_graph();
  GraphSpec after = Change::parallelize(before, {"count", "rank"}).apply(before);
  after.nodes[1].config.set("size", 16);
  after.nodes[1].config.set("prompt", std::string(100, 'x'));
  after.nodes[2].policy.max_attempts = 3;
  after.nodes[2].policy.timeout = 1s;
  after.nodes.pop_back();
  after.edges.erase(std::remove_if(after.edges.begin(), after.edges.end(),
                                   [](const EdgeSpec& one) { return one.kind == EdgeKind::error; }),
                    after.edges.end());
  after.nodes.push_back({.id = "tell", .type = "TellNode"});
  after.edges.push_back({.from = "report", .to = "tell", .condition = output("ok") == true});
  EXPECT_THAT(diff(before, after),
              ElementsAre("~ split: prompt \"Be brief.\" → \"" + std::string(59, 'x') + "…", "~ split: size 8 → 16",
                          "~ count: attempts 1 → 3, timeout none → 1 s", "- give_up (StepNode)", "+ tell (TellNode)",
                          "- count → rank", "- count → give_up on error", "+ split → rank", "+ count → report",
                          "+ report → tell if ok == true"));
  EXPECT_TRUE(diff(before, before).empty());
}

}  // namespace
}  // namespace spark::testing
