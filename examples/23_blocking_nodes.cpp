// Nodes whose work blocks, such as reading a file. They run on threads kept for that, so that tasks go on meanwhile.

#include <spark/spark.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <thread>

using spark::ExecutionContext;
using spark::Outputs;

class CountLinesNode : public spark::BlockingNode {
 public:
  explicit CountLinesNode(std::thread::id tasks) : tasks_(tasks) {}

  Outputs process_blocking(ExecutionContext& context) override {
    auto span = context.start_span("read_file");
    std::ifstream file(context.inputs().at("path").as_string());
    int lines = 0;
    for (std::string line; std::getline(file, line);) ++lines;
    span.set_attribute("lines", lines);
    return {{"lines", lines}, {"on_the_thread_of_tasks", std::this_thread::get_id() == tasks_}};
  }

 private:
  std::thread::id tasks_;
};

int main() {
  // The same of a function.
  auto write = spark::blocking_node("WriteNode", [](ExecutionContext&) {
    std::ofstream("poem.txt") << "to be\nor not\nto be\n";
    return Outputs{{"path", "poem.txt"}};
  });
  write >> spark::make_node<CountLinesNode>(std::this_thread::get_id());

  spark::Graph graph({.start = write, .telemetry_config = spark::TelemetryConfig::create_memory()});
  const auto result = spark::sync_wait(graph.run());
  std::printf("%s\n", spark::to_json(result).c_str());

  auto& manager = graph.telemetry();
  manager.flush();
  const auto node = manager.query_spans({.name = "CountLinesNode"}).front();
  const auto read = manager.query_spans({.name = "read_file"}).front();
  std::printf("read_file %s, child of %s\n", spark::to_json(read.attributes).c_str(),
              read.parent_span_id == node.span_id ? "the node's span" : "something else");
}
