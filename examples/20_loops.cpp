// A loop: an edge back to an earlier node, taken while its condition holds and at most as often as it says.

#include <spark/spark.h>

#include <cstdio>

using spark::ExecutionContext;
using spark::output;
using spark::Outputs;

// Its inputs are those of the run, then the outputs of the review.
class DraftNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    const auto* before = context.inputs().find("version");
    co_return Outputs{{"version", before != nullptr ? before->as_int() + 1 : 1}};
  }
};

class ReviewNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    const auto version = context.inputs().at("version").as_int();
    co_return Outputs{{"version", version}, {"score", 0.25 * static_cast<double>(version)}};
  }
};

class PublishNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override { co_return context.inputs(); }
};

int main() {
  for (const int most : {5, 1}) {
    auto draft = spark::make_node<DraftNode>();
    auto review = spark::make_node<ReviewNode>();
    draft >> review;
    review->on(output("score") < 0.7).back_to(draft, most);
    // Asked when the loop is not taken: because its condition does not hold, or because it was taken often enough.
    review->on(output("score") >= 0.7) >> spark::make_node<PublishNode>();

    spark::Graph graph({.start = draft, .telemetry_config = spark::TelemetryConfig::create_memory()});
    const auto result = spark::sync_wait(graph.run());
    std::printf("at most %d time(s): %s\n", most, spark::to_json(result).c_str());

    auto& manager = graph.telemetry();
    manager.flush();
    const auto trace = manager.query_traces({.limit = 1}).front();
    for (const auto& span : manager.query_spans({.trace_id = trace.trace_id, .order = spark::Order::oldest_first})) {
      if (const auto* iteration = span.attributes.find("iteration")) {
        std::printf("  %s, iteration %lld\n", span.name.c_str(), static_cast<long long>(iteration->as_int()));
      }
    }
  }
}
