// A graph of a node, an agent and a service: the agent answers a customer and may look at the order in another service;
// what it answers is filed there by a node. All of it is one trace.

#include <spark/spark.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

using spark::ExecutionContext;
using spark::Outputs;
using spark::ScriptedStep;
using spark::Task;
using spark::Value;

namespace {

class OrderService : public spark::RpcNode {
 public:
  using RpcNode::RpcNode;
  Task<Value> rpc_process(const Value& params, spark::RpcContext& context) override {
    if (context.method() == "state_of_order") co_return spark::Object{{"state", "sent"}, {"day", "Monday"}};
    co_return spark::Object{{"filed", params.as_object().contains("text")}};
  }
};

// Each span of the trace, wherever it was recorded, below its parent.
void print_tree(const std::vector<spark::Span>& spans, spark::SpanId parent, int depth) {
  for (const spark::Span& span : spans) {
    if (span.parent_span_id != parent) continue;
    std::printf("%*s%s %s\n", 2 * depth, "", span.name.c_str(), std::string(to_string(span.kind)).c_str());
    print_tree(spans, span.span_id, depth + 1);
  }
}

}  // namespace

int main() {
  spark::TelemetryManager of_service(spark::TelemetryConfig::create_memory());
  spark::RpcServerOptions server;
  server.methods = {"state_of_order", "file"};
  server.telemetry = &of_service;
  const auto service = spark::make_node<OrderService>(server);
  service->start_server();
  spark::RpcProxyOptions to_service;
  to_service.endpoint = service->endpoint();
  const auto orders = spark::make_node<spark::RemoteRpcProxyNode>(to_service);

  const spark::Tool state_of_order("state_of_order", "How far an order is", {{"number", "Of the order"}},
                                   [orders](int number) -> Task<Value> {
                                     return orders->call("state_of_order", spark::Object{{"number", number}});
                                   },
                                   {.has_effects = false, .timeout = spark::Seconds(10)});
  const auto model = std::make_shared<spark::ScriptedModel>(std::vector<ScriptedStep>{
      ScriptedStep::call("state_of_order", {{"number", 17}}).with_usage(90, 12),
      ScriptedStep("Your order was sent on Monday.").with_usage(120, 9),
  });
  spark::AgentOptions options;
  options.name = "support";
  options.instructions = "You answer customers. Look at their orders.";
  options.tools = {state_of_order};

  auto read = spark::function_node("ReadMail", [](ExecutionContext& context) {
    return Outputs{{"prompt", "A customer writes: " + context.inputs().at("mail").as_string()}};
  });
  spark::RpcProxyOptions to_files = to_service;
  to_files.method = "file";
  read >> spark::make_node<spark::Agent>(model, options) >> spark::make_node<spark::RemoteRpcProxyNode>(to_files);

  spark::Graph graph({.start = read, .telemetry_config = spark::TelemetryConfig::create_memory(), .id = "support"});
  const Outputs outputs = spark::sync_wait(graph.run({{"mail", "Where is order 17?"}}));
  std::printf("%s\n\n", spark::to_json(outputs).c_str());
  service->stop();

  graph.telemetry().flush();
  of_service.flush();
  auto spans = graph.telemetry().query_spans().rows;
  for (const spark::Span& span : of_service.query_spans().rows) spans.push_back(span);
  std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.start_time < b.start_time; });
  print_tree(spans, spark::SpanId(), 0);
}
