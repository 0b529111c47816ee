// A graph as data: printed as JSON, changed, read back and run, with a registry that makes nodes of their names.

#include <spark/spark.h>

#include <cstdio>
#include <utility>

using spark::ExecutionContext;
using spark::Object;
using spark::output;
using spark::Outputs;

// Gives its configuration.
class LoadNode : public spark::Node {
 public:
  explicit LoadNode(Object config) : config_(std::move(config)) {}
  spark::Task<Outputs> process(ExecutionContext&) override { co_return config_; }
  [[nodiscard]] Object config() const override { return config_; }

 private:
  Object config_;
};

class RepeatNode : public spark::Node {
 public:
  explicit RepeatNode(const Object& config) : times_(config.at("times").as_int()) {}
  spark::Task<Outputs> process(ExecutionContext& context) override {
    std::string text;
    for (auto i = times_; i > 0; --i) text += context.inputs().at("text").as_string();
    co_return Outputs{{"text", text}};
  }
  [[nodiscard]] Object config() const override { return Object{{"times", times_}}; }

 private:
  std::int64_t times_;
};

int main() {
  spark::NodeRegistry registry;
  registry.add<LoadNode>("LoadNode");
  registry.add<RepeatNode>("RepeatNode", {{.name = "times", .domain = spark::IntegerBounds{1, 4}, .default_value = 2}});

  auto load = registry.make("LoadNode", Object{{"text", "ha"}}, "load");
  auto repeat = registry.make("RepeatNode", Object{}, "repeat");
  load->on(output("text").exists()) >> repeat;
  repeat->set_policy({.max_attempts = 3});
  const spark::Graph graph({.start = load, .id = "laugh"});
  const auto json = spark::to_json(to_value(graph.spec()));
  std::printf("%s\n%s\n", json.c_str(), spark::to_json(spark::sync_wait(graph.run())).c_str());

  // Read back, it is the same graph.
  auto spec = spark::graph_spec_from_value(spark::parse_json(json), registry);
  const spark::Graph again(spec, registry);
  std::printf("%s\n", again.definition() == graph.definition() ? "the same" : "another");

  // Changed, it is another version, if the old one's name is taken away.
  spec.nodes[1].config.set("times", 3);
  spec.version.clear();
  const spark::Graph changed(spec, registry);
  std::printf("%s\n", spark::to_json(spark::sync_wait(changed.run())).c_str());
  std::printf("%s\n", changed.version() == graph.version() ? "the same version" : "another version");

  // What is not allowed is refused with its place.
  spec.nodes[1].config.set("times", 5);
  try {
    const spark::Graph refused(spec, registry);
  } catch (const spark::Error& error) {
    std::printf("%s\n", error.what());
  }
}
