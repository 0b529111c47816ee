// Tasks beside each other inside of one node: all of them, the first of them, and one with a time limit.

#include <spark/spark.h>

#include <cstdio>
#include <string>

using spark::ExecutionContext;
using spark::Outputs;
using spark::Seconds;
using spark::Task;
using namespace std::chrono_literals;

class SearchNode : public spark::Node {
 public:
  Task<Outputs> process(ExecutionContext& context) override {
    // When one throws, the others are cancelled.
    const auto [news, books] = co_await spark::when_all(ask(context, "news", 2s), ask(context, "books", 3s));

    // The others are cancelled when one has answered.
    const auto fastest = co_await spark::when_any(ask(context, "oslo", 4s), ask(context, "rome", 1s));

    Outputs outputs{{"all", news + " and " + books}, {"fastest", fastest.value()}};
    try {
      outputs.set("slow", co_await spark::with_timeout(ask(context, "archive", 60s), 5s));
    } catch (const spark::Error& error) {
      outputs.set("slow", error.what());
    }
    co_return outputs;
  }

 private:
  // What is current in a branch is current there alone: each span is a child of the node's.
  static Task<std::string> ask(ExecutionContext& context, std::string source, Seconds latency) {
    auto span = context.start_span("ask", {.attributes = {{"source", source}}});
    co_await spark::sleep_for(latency);
    co_return source;
  }
};

int main() {
  spark::Graph graph(
      {.start = spark::make_node<SearchNode>(), .telemetry_config = spark::TelemetryConfig::create_memory()});
  spark::VirtualClock clock;  // sleeps take no time, and always the same
  const auto result = spark::sync_wait(graph.run(), {.clock = &clock});
  for (const auto& [name, value] : result) std::printf("%s: %s\n", name.c_str(), value.as_string().c_str());
  std::printf("after %.0f s\n", Seconds(clock.steady_now()).count());

  auto& manager = graph.telemetry();
  manager.flush();
  const auto node = manager.query_spans({.name = "SearchNode"}).front();
  for (const auto& span : manager.query_spans({.name = "ask", .order = spark::Order::oldest_first})) {
    std::printf("%s: child of %s\n", span.attributes.at("source").as_string().c_str(),
                span.parent_span_id == node.span_id ? "the node's span" : "something else");
  }
}
