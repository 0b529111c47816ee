// Branches that run side by side, and the join after them: it waits for all, and gets their outputs merged or by
// source.

#include <spark/spark.h>

#include <cstdio>

using spark::ExecutionContext;
using spark::Outputs;
using namespace std::chrono_literals;

class LoadNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext&) override { co_return Outputs{{"text", "to be or not to be"}}; }
};

class LengthNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    co_await spark::sleep_for(2s);
    co_return Outputs{{"length", context.inputs().at("text").as_string().size()}};
  }
};

class LanguageNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext&) override {
    co_await spark::sleep_for(3s);
    co_return Outputs{{"language", "en"}};
  }
};

class ReportNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override { co_return context.inputs(); }
};

int main() {
  for (const auto inputs : {spark::JoinInputs::merged, spark::JoinInputs::by_source}) {
    auto load = spark::make_node<LoadNode>();
    auto report = spark::make_node<ReportNode>();
    report->set_join({.inputs = inputs});
    load >> spark::parallel(spark::make_node<LengthNode>(), spark::make_node<LanguageNode>()) >> report;

    spark::Graph graph({.start = load});
    spark::VirtualClock clock;  // sleeps take no time, and always the same
    const auto result = spark::sync_wait(graph.run(), {.clock = &clock});
    std::printf("%s after %.0f s\n", spark::to_json(result).c_str(), spark::Seconds(clock.steady_now()).count());
  }
}
