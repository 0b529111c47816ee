// A graph as a node of another one, and the state that all nodes of a run share, inside and outside.

#include <spark/spark.h>

#include <cstdio>
#include <memory>

using spark::ExecutionContext;
using spark::Outputs;
using spark::Value;

namespace {

// Adds what it costs to the run's bill; several nodes may do so at once.
spark::NodePtr paid_step(const char* type, int cents) {
  return spark::function_node(type, [cents](ExecutionContext& context) {
    context.state().update("cents", [cents](const Value& old) { return old.is_null() ? cents : old.as_int() + cents; });
    return context.inputs();
  });
}

}  // namespace

int main() {
  auto search = paid_step("SearchNode", 2);
  search >> spark::parallel(paid_step("RankNode", 3), paid_step("TranslateNode", 5)) >> paid_step("MergeNode", 1);
  auto research = spark::make_node<spark::Graph>(spark::GraphOptions{.start = search, .id = "research"});
  // A subgraph has what every node has.
  research->set_policy({.max_attempts = 2});

  auto question = paid_step("QuestionNode", 0);
  question >> research >> paid_step("AnswerNode", 7);

  spark::Graph graph(
      {.start = question, .telemetry_config = spark::TelemetryConfig::create_memory(), .id = "assistant"});
  spark::RunOptions options;
  options.state = std::make_shared<spark::RunState>();
  options.state->set("cents", 100);
  const auto result = spark::sync_wait(graph.run(spark::Inputs{{"question", "why?"}}, options));
  std::printf("%s for %s\n", spark::to_json(result).c_str(), spark::to_json(options.state->snapshot()).c_str());

  auto& manager = graph.telemetry();
  manager.flush();
  const auto part = manager.query_spans({.name = "research"}).front();
  std::printf("%s is the node %s\n", part.name.c_str(), part.attributes.at("node_id").as_string().c_str());
  std::printf("%zu spans inside of it\n", manager.query_spans({.parent_span_id = part.span_id}).size());
}
