// A join of the first: it runs with the branch that ends first. What comes later changes nothing, but is waited for.

#include <spark/spark.h>

#include <cstdio>
#include <string>
#include <utility>

using spark::ExecutionContext;
using spark::Outputs;
using spark::Seconds;
using namespace std::chrono_literals;

class MirrorNode : public spark::Node {
 public:
  MirrorNode(std::string id, Seconds latency) : Node(std::move(id)), latency_(latency) {}
  spark::Task<Outputs> process(ExecutionContext&) override {
    co_await spark::sleep_for(latency_);
    co_return Outputs{{"mirror", id()}};
  }

 private:
  Seconds latency_;
};

class UnpackNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    std::printf("unpack %s after %.0f s\n", spark::to_json(context.inputs()).c_str(),
                Seconds(context.clock().steady_now()).count());
    co_return Outputs{{"unpacked", true}};
  }
};

int main() {
  auto start = spark::function_node("StartNode", [](ExecutionContext&) { return Outputs{}; });
  auto unpack = spark::make_node<UnpackNode>();
  unpack->set_join({.when = spark::Join::any});
  start >> spark::parallel(spark::make_node<MirrorNode>("oslo", 5s), spark::make_node<MirrorNode>("rome", 1s)) >>
      unpack;

  spark::Graph graph({.start = start});
  spark::VirtualClock clock;  // sleeps take no time, and always the same
  const auto result = spark::sync_wait(graph.run(), {.clock = &clock});
  std::printf("%s after %.0f s\n", spark::to_json(result).c_str(), Seconds(clock.steady_now()).count());
}
