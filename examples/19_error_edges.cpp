// Error edges: where a run goes on when a node fails. An error that no edge takes fails the run.

#include <spark/spark.h>

#include <cstdio>
#include <stdexcept>

using spark::ExecutionContext;
using spark::output;
using spark::Outputs;

class NetworkError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class FetchNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    const auto& url = context.inputs().at("url").as_string();
    if (url == "https://away.example") throw NetworkError("no route to host");
    if (url.empty()) throw std::invalid_argument("the URL is empty");
    co_return Outputs{{"text", "fresh"}};
  }
};

// Its inputs are the error's: "node_id", "error_type", "error_code", "error_message", and the "inputs" of what failed.
class LastCopyNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    std::printf("  %s\n", spark::to_json(context.inputs()).c_str());
    co_return Outputs{{"text", "from yesterday"}};
  }
};

class ShowNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override { co_return context.inputs(); }
};

int main() {
  auto fetch = spark::make_node<FetchNode>();
  auto show = spark::make_node<ShowNode>();
  fetch >> show;
  fetch->on_error(output("error_type") == "NetworkError") >> spark::make_node<LastCopyNode>() >> show;

  spark::Graph graph({.start = fetch});
  for (const char* url : {"https://here.example", "https://away.example", ""}) {
    std::printf("\"%s\"\n", url);
    try {
      const auto result = spark::sync_wait(graph.run(spark::Inputs{{"url", url}}));
      std::printf("  %s\n", spark::to_json(result).c_str());
    } catch (const std::invalid_argument& error) {
      std::printf("  the run failed: %s\n", error.what());
    }
  }
}
