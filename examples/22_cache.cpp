// A cache: a node that gives the same for the same inputs is not run again for them.

#include <spark/spark.h>

#include <cstdio>

using spark::ExecutionContext;
using spark::Outputs;
using namespace std::chrono_literals;

class TranslateNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    std::printf("translating %s\n", spark::to_json(context.inputs()).c_str());
    co_return Outputs{{"text", "bonjour"}};
  }
};

int main() {
  auto translate = spark::make_node<TranslateNode>();
  translate->set_policy({.cache = spark::CachePolicy{.max_entries = 100, .time_to_live = 1h}});

  // The cache is the graph's: all of its runs share it.
  spark::Graph graph({.start = translate, .telemetry_config = spark::TelemetryConfig::create_memory()});
  for (const char* text : {"hello", "hello", "good morning", "hello"}) {
    spark::sync_wait(graph.run(spark::Inputs{{"text", text}}));
  }

  auto& manager = graph.telemetry();
  manager.flush();
  for (const char* name : {"node_execution_count", "node_cache_hit_count"}) {
    std::printf("%s %zu\n", name, manager.query_metrics({.name = name}).size());
  }
}
