// Edges with conditions: all whose condition holds are taken, and `otherwise` if none does.

#include <spark/spark.h>

#include <cstdio>

using spark::ExecutionContext;
using spark::output;
using spark::Outputs;

namespace {

spark::NodePtr step(const char* id) {
  auto node = spark::function_node("StepNode", [id](ExecutionContext&) { return Outputs{{"done", id}}; });
  node->set_id(id);
  return node;
}

}  // namespace

int main() {
  auto classify = spark::function_node("ClassifyNode", [](ExecutionContext& context) { return context.inputs(); });
  classify->on(output("kind") == "invoice") >> step("pay");
  classify->on(output("kind") == "invoice" && output("amount") > 1000) >> step("approve");
  classify->on(output("sender.name").matches("*@example.com")) >> step("answer");
  classify->otherwise() >> step("file");

  for (const auto& edge : classify->edges()) {
    std::printf("%s: %s\n", edge.to()->id().c_str(), edge.condition().to_string().c_str());
  }

  spark::Graph graph({.start = classify});
  for (const auto& inputs : {
           spark::Inputs{{"kind", "invoice"}, {"amount", 20}},
           spark::Inputs{{"kind", "invoice"}, {"amount", 2000.5}},
           spark::Inputs{{"kind", "letter"}, {"sender", spark::Object{{"name", "ada@example.com"}}}},
           spark::Inputs{{"kind", "letter"}},
       }) {
    // One last node: its outputs. Several: an object of them by node id.
    const auto result = spark::sync_wait(graph.run(inputs));
    std::printf("%s\n", spark::to_json(result).c_str());
  }
}
