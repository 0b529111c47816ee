// What is shown of a graph: what was declared, and beside it what ran.
#include "apps/sparktel/views/graph_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "apps/graph_fixture.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/graph_order.h"

namespace spark::sparktel {
namespace {

using spark::testing::graph_span;
using spark::testing::RecordedRun;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

std::string drawn(const RecordedRun& run, std::size_t width = 100) { return draw_graph(run.read(), {.width = width}); }

TEST(GraphView, DrawsABranchThatWasSkippedAndTheJoinThatDidNotWaitForIt) {
  RecordedRun run(R"({"nodes":[{"id":"classify","type":"ClassifyNode","config":{}},{"id":"read","type":"ReadNode"},
      {"id":"look","type":"LookNode"},{"id":"file","type":"FileNode"},{"id":"report","type":"ReportNode"}],
      "edges":[{"from":"classify","to":"read","condition":{"path":"kind","op":"==","value":"text"}},
      {"from":"classify","to":"look","condition":{"otherwise":true}},{"from":"classify","to":"file","condition":null},
      {"from":"read","to":"report","condition":null},{"from":"look","to":"report","condition":null},
      {"from":"file","to":"report","condition":null}]})");
  run.ran("classify", 2ms);
  run.ran("read", 30ms);
  run.ran("file", 4us);
  run.ran("report", 1ms);
  run.took("classify", "read");
  run.took("classify", "file");
  run.took("read", "report");
  run.took("file", "report");
  EXPECT_EQ(drawn(run),
            "Graph pipeline  version 7  4 of 5 nodes ran\n"
            "\n"
            "node      type             runs     time\n"
            "────────────────────────────────────────\n"
            "classify  ClassifyNode        1  2.00 ms\n"
            "├─ read   ReadNode            1  30.0 ms\n"
            "│     ← classify if kind == \"text\" 1×\n"
            "├─ look   LookNode      not run\n"
            "│     ← not taken: classify otherwise\n"
            "└─ file   FileNode            1  4.00 µs\n"
            "report    ReportNode          1  1.00 ms\n"
            "   ← read 1×, file 1×; not taken: look\n");
}

TEST(GraphView, DrawsALoopAsAReferenceBack) {
  RecordedRun run(R"({"nodes":[{"id":"draft","type":"DraftNode"},{"id":"review","type":"ReviewNode"},
      {"id":"publish","type":"PublishNode"}],
      "edges":[{"from":"draft","to":"review","condition":null},{"from":"review","to":"publish","condition":null},
      {"from":"review","to":"draft","condition":{"path":"score","op":"<","value":0.8},"kind":"loop","max_iterations":5}]})");
  for (int i = 0; i < 3; ++i) {
    run.ran("draft", 10ms);
    run.ran("review", 1ms);
    run.took("draft", "review");
    if (i < 2) run.took("review", "draft", "loop");
  }
  run.ran("publish");
  run.took("review", "publish");
  EXPECT_EQ(drawn(run),
            "Graph pipeline  version 7  3 of 3 nodes ran\n"
            "\n"
            "node     type         runs     time\n"
            "───────────────────────────────────\n"
            "draft    DraftNode       3  30.0 ms\n"
            "review   ReviewNode      3  3.00 ms\n"
            "   ↺ back to draft if score < 0.8 2× (limit 5×)\n"
            "publish  PublishNode     1  1.00 ms\n");
}

TEST(GraphView, DrawsRetriesATimeoutAndTheErrorEdgeThatWasTaken) {
  RecordedRun run(R"({"nodes":[{"id":"fetch","type":"FetchNode","policy":{"max_attempts":3,"timeout":0.5}},
      {"id":"store","type":"StoreNode"},{"id":"last","type":"LastNode"}],
      "edges":[{"from":"fetch","to":"store","condition":null},
      {"from":"fetch","to":"last","condition":{"path":"error_type","op":"==","value":"NetworkError"},"kind":"error"},
      {"from":"last","to":"store","condition":null}]})");
  run.ran("fetch", 500ms, SpanStatus::failed);
  run.events.push_back(
      {.span_id = run.spans.back().span_id, .type = "node_timeout", .attributes = {{"node_id", "fetch"}}});
  run.ran("fetch", 20ms, SpanStatus::failed).attributes.set("attempt", 2);
  run.ran("fetch", 20ms, SpanStatus::failed).attributes.set("attempt", 3);
  run.ran("last", 1ms);
  run.ran("store", 2ms);
  run.took("fetch", "last", "error");
  run.took("last", "store");
  EXPECT_EQ(drawn(run),
            "Graph pipeline  version 7  3 of 3 nodes ran\n"
            "\n"
            "node     type       runs  failed  timed out  retried     time\n"
            "─────────────────────────────────────────────────────────────\n"
            "fetch    FetchNode     3       3          1        2   540 ms\n"
            "│  up to 3 attempts, limited to 500 ms\n"
            "└─ last  LastNode      1                              1.00 ms\n"
            "      ← fetch on error if error_type == \"NetworkError\" 1×\n"
            "store    StoreNode     1                              2.00 ms\n"
            "   ← last 1×; not taken: fetch\n");
}

TEST(GraphView, DrawsCacheHitsSubgraphsAndWhatHasNotEnded) {
  RecordedRun run(R"({"nodes":[{"id":"look_up","type":"LookUpNode","policy":{"cache":{}}},
      {"id":"enrich_1","type":"Graph","config":{"graph_id":"enrich","graph_hash":"other"}},
      {"id":"save","type":"SaveNode","join":{"when":"any"}}],
      "edges":[{"from":"look_up","to":"enrich_1","condition":null},{"from":"enrich_1","to":"save","condition":null},
      {"from":"look_up","to":"save","condition":{"callable":"is_known"}}]})");
  run.ran("look_up").attributes.set("cache_hit", true);
  run.ran("enrich_1", 3ms).attributes.set("graph_hash", "other");
  // A node of the subgraph by the same name.
  const SpanId subgraph = run.spans.back().span_id;
  run.ran("save", 1ms).parent_span_id = subgraph;
  run.took("look_up", "enrich_1");
  run.took("enrich_1", "save");
  run.events.push_back({.span_id = SpanId{99}, .type = "node_started", .attributes = {{"node_id", "save"}}});
  EXPECT_EQ(graph_hashes(run.trace, run.spans), (std::vector<std::string>{"hash", "other"}));
  EXPECT_EQ(drawn(run),
            "Graph pipeline  version 7  3 of 3 nodes ran\n"
            "\n"
            "node         type                 runs  cached     time\n"
            "───────────────────────────────────────────────────────\n"
            "look_up      LookUpNode              0       1\n"
            "│  cached\n"
            "└─ enrich_1  Graph enrich            1          3.00 ms\n"
            "save         SaveNode      1 not ended\n"
            "   waits for the first of those that lead to it\n"
            "   ← enrich_1 1×; not taken: look_up if is_known()\n");
}

TEST(GraphView, CountsWhatASubgraphRanForItselfAlone) {
  RecordedRun run(R"({"nodes":[{"id":"save","type":"SaveNode"},{"id":"check","type":"CheckNode"}],
      "edges":[{"from":"save","to":"check","condition":null}]})");
  run.definition.hash = "other";
  run.ran("enrich_1", 9ms).attributes.set("graph_hash", "other");
  const SpanId first = run.spans.back().span_id;
  run.ran("enrich_1", 9ms).attributes.set("graph_hash", "other");
  const SpanId second = run.spans.back().span_id;
  run.ran("save", 50ms);  // of the graph around it
  run.ran("save", 1ms).parent_span_id = first;
  run.ran("save", 2ms).parent_span_id = second;
  run.took("save", "check");
  run.events.back().span_id = second;
  run.took("save", "check");  // of the graph around it
  const GraphRun read = run.read();
  EXPECT_EQ(read.runs, 2u);
  EXPECT_EQ(read.nodes[0].tally, (NodeTally{.runs = 2, .duration = 3ms}));
  EXPECT_EQ(read.edges[0].taken, 1u);
  EXPECT_EQ(read.undeclared, 0u);
}

TEST(GraphView, LeavesOutAndCountsWhatMakesNoSense) {
  RecordedRun run(
      R"({"nodes":[{"id":"a\u001b[2J","type":7},{"id":"b","type":"B","policy":[1],"join":"any"},{"id":"b"},3,
      {"type":"NoId"},{"id":"c","type":"Graph","config":"none"}],
      "edges":[{"from":"b","to":"c","condition":{"path":"x","op":"??"},"max_iterations":"many","kind":"loop"},
      {"from":"a\u001b[2J","to":"b","condition":"\u0007"},{"from":"b","to":"nowhere"},{"to":"b"},[],
      {"from":"b","to":"c","kind":"sideways"},{"from":"b","to":"b"},{"from":"c","to":"c"}]})");
  run.ran("b");
  run.ran("ghost");
  run.spans.back().attributes.set("attempt", "x");
  run.took("b", "ghost");
  run.events.push_back({.span_id = graph_span, .type = "edge_taken", .attributes = {{"from", 1}, {"to", Array{}}}});
  run.events.push_back({.span_id = graph_span, .type = "node_timeout"});
  EXPECT_EQ(drawn(run),
            "Graph pipeline  version 7  1 of 3 nodes ran\n"
            "\n"
            "node   type      runs     time\n"
            "──────────────────────────────\n"
            "a�[2J         not run\n"
            "b      B            1  1.00 ms\n"
            "   ← not taken: a�[2J if \"\\u0007\", b\n"
            "   ↺ back to c if {\"op\":\"??\",\"path\":\"x\"} not taken\n"
            "c      Graph  not run\n"
            "   ← not taken: c\n"
            "Left out, because they make no sense: 7 of the declared nodes and edges.\n"
            "Left out, because they are not declared: 3 runs of nodes and edges taken.\n");
}

TEST(GraphView, TakesADefinitionWithoutNodes) {
  for (const char* content : {"{}", R"({"nodes":[],"edges":[]})", R"({"nodes":{"id":"a"},"edges":7})"}) {
    EXPECT_EQ(drawn(RecordedRun(content)),
              "Graph pipeline  version 7  0 of 0 nodes ran\n\nIts definition has no nodes.\n");
  }
}

// One node that leads to `count` others, which lead to one.
RecordedRun wide_run(int count) {
  std::string nodes = R"({"id":"split","type":"SplitNode"})", edges;
  for (int i = 0; i < count; ++i) {
    const std::string id = "\"part_" + std::to_string(i) + "\"";
    nodes += R"(,{"id":)" + id + R"(,"type":"PartNode"})";
    edges += R"({"from":"split","to":)" + id + R"(},{"from":)" + id + R"(,"to":"join"},)";
  }
  edges.pop_back();
  RecordedRun run(R"({"nodes":[)" + nodes + R"(,{"id":"join","type":"JoinNode"}],"edges":[)" + edges + "]}");
  run.ran("split");
  run.took("split", "part_1");
  run.ran("part_1");
  return run;
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(GraphView, NeedsALineForEachOfManyParallelNodes) {
  const std::string text = drawn(wide_run(30), 80);
  EXPECT_THAT(text, HasSubstr("├─ part_0   PartNode   not run\n├─ part_1   PartNode         1  1.00 ms\n"));
  EXPECT_THAT(text, HasSubstr("└─ part_29"));
  EXPECT_THAT(text, HasSubstr("   ← not taken: part_0, part_1, part_2,"));
  EXPECT_THAT(text, HasSubstr("and 18 more\n"));
  EXPECT_LE(lines_of(text), 30 + 2 + 4 + 4u);
}

TEST(GraphView, CutsALargeGraph) {
  const std::string text = drawn(wide_run(9'998), 80);
  EXPECT_THAT(text, HasSubstr("2 of 10,000 nodes ran"));
  EXPECT_THAT(text, HasSubstr("… and 9,800 more nodes; --json has them all.\n"));
  EXPECT_LT(lines_of(text), 210u);
  EXPECT_EQ(to_object(wide_run(9'998).read()).at("nodes").as_array().size(), 10'000u);
}

TEST(GraphView, KeepsAChainInOneColumn) {
  std::string nodes = R"({"id":"n0"})", edges;
  for (int i = 1; i < 40; ++i) {
    nodes += R"(,{"id":"n)" + std::to_string(i) + R"("})";
    edges +=
        (i > 1 ? "," : "") + (R"({"from":"n)" + std::to_string(i - 1)) + R"(","to":"n)" + std::to_string(i) + "\"}";
  }
  const RecordedRun run(R"({"nodes":[)" + nodes + R"(],"edges":[)" + edges + "]}");
  const std::vector<GraphLine> lines = graph_order(run.read(), most_drawn_nodes);
  ASSERT_EQ(lines.size(), 40u);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i], (GraphLine{.node = i, .is_obvious = true}));
  }
}

TEST(GraphView, IsNoWiderThanTheCanvasHoweverDeepAndLong) {
  std::string nodes = R"({"id":"start","type":"A"})", edges;
  std::string from = "start";
  for (int i = 0; i < 40; ++i) {
    const std::string left = std::string(90, 'l') + std::to_string(i), right = "r" + std::to_string(i);
    nodes += R"(,{"id":")" + left + R"(","type":"VeryLongNameOfATypeNode"},{"id":")" + right + R"(","type":"B"})";
    edges += (i > 0 ? R"(,{"from":")" : R"({"from":")") + from + R"(","to":")" + left +
             R"(","condition":{"path":"x","op":"==","value":")" + std::string(200, 'v') + R"("}},{"from":")" + from +
             R"(","to":")" + right + R"("})";
    from = right;
  }
  for (const std::size_t width : {40, 80, 240}) {
    const std::string text = drawn(RecordedRun(R"({"nodes":[)" + nodes + R"(],"edges":[)" + edges + "]}"), width);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = text.find('\n', begin);
      EXPECT_LE(display_width(text.substr(begin, end - begin)), width) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(GraphView, GivesProgramsTheSame) {
  RecordedRun run(R"({"nodes":[{"id":"a","type":"A","policy":{"max_attempts":2}},{"id":"b","type":"B"}],
      "edges":[{"from":"a","to":"b","condition":{"path":"ok","op":"==","value":true}},
      {"from":"b","to":"a","kind":"loop","max_iterations":4,"condition":null}]})");
  run.ran("a", 250ms, SpanStatus::failed);
  run.ran("a", 250ms).attributes.set("attempt", 2);
  run.took("a", "b");
  EXPECT_EQ(
      to_json(to_object(run.read())),
      R"({"edges":[{"condition":{"op":"==","path":"ok","value":true},"condition_text":"ok == true","from":"a",)"
      R"("kind":"forward","max_iterations":null,"taken":1,"to":"b"},{"condition":null,"condition_text":null,)"
      R"("from":"b","kind":"loop","max_iterations":4,"taken":0,"to":"a"}],"graph_id":"pipeline","hash":"hash",)"
      R"("malformed":0,"nodes":[{"cache_hits":0,"cancelled":0,"duration":0.5,"failed":1,"graph_id":null,"id":"a",)"
      R"("join":null,"not_ended":0,"policy":{"max_attempts":2},"retried":1,"runs":2,"timed_out":0,"type":"A"},)"
      R"({"cache_hits":0,"cancelled":0,"duration":0.0,"failed":0,"graph_id":null,"id":"b","join":null,)"
      R"("not_ended":0,"policy":null,"retried":0,"runs":0,"timed_out":0,"type":"B"}],"runs":1,"undeclared":0,)"
      R"("version":"7"})");
}

TEST(GraphOrder, PlacesEveryNodeOnceWhateverTheEdgesAre) {
  GraphRun run;
  constexpr std::size_t count = 50;
  run.nodes.resize(count);
  std::uint64_t state = 1;
  for (int i = 0; i < 400; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    run.edges.push_back({.from = (state >> 33) % count, .to = (state >> 43) % count});
  }
  const std::vector<GraphLine> lines = graph_order(run, count);
  std::vector<bool> is_placed(count);
  std::size_t depth = 0;
  for (const GraphLine& line : lines) {
    EXPECT_FALSE(is_placed[line.node]);
    is_placed[line.node] = true;
    EXPECT_LE(line.depth, depth + 1);
    depth = line.depth;
  }
  EXPECT_EQ(lines.size(), count);
}

}  // namespace
}  // namespace spark::sparktel
