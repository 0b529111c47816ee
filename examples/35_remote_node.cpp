// A graph whose middle node runs in another service. Here both are in one process, with a manager each.

#include <spark/spark.h>

#include <cstdio>
#include <string>

using spark::ExecutionContext;
using spark::Outputs;
using spark::Task;
using spark::Value;

class ScoreNode : public spark::RpcNode {
 public:
  using RpcNode::RpcNode;
  Task<Value> rpc_process(const Value& params, spark::RpcContext& context) override {
    context.record_event("scored", "Score Made", {{"length", params.as_object().at("text").as_string().size()}});
    co_return spark::Object{{"score", 0.75}};
  }
};

int main() {
  spark::TelemetryManager of_service(spark::TelemetryConfig::create_memory());
  spark::RpcServerOptions server;
  server.methods = {"score"};
  server.telemetry = &of_service;
  const auto service = spark::make_node<ScoreNode>(server);
  service->start_server();

  spark::RpcProxyOptions proxy;
  proxy.endpoint = service->endpoint();
  proxy.method = "score";
  proxy.timeout = spark::Seconds(10);
  proxy.is_idempotent = true;  // it may be tried again also after a timeout
  proxy.retries = 2;

  auto load = spark::function_node("LoadNode", [](ExecutionContext&) { return Outputs{{"text", "a document"}}; });
  auto report = spark::function_node("ReportNode", [](ExecutionContext& context) {
    return Outputs{{"passed", context.inputs().at("score").as_double() > 0.5}};
  });
  load >> spark::make_node<spark::RemoteRpcProxyNode>(proxy) >> report;
  spark::Graph graph({.start = load, .telemetry_config = spark::TelemetryConfig::create_memory(), .id = "review"});
  std::printf("%s\n", spark::to_json(spark::sync_wait(graph.run())).c_str());
  service->stop();

  auto& manager = graph.telemetry();
  manager.flush();
  of_service.flush();
  const auto call = manager.query_spans({.kind = spark::SpanKind::CLIENT}).front();
  const auto served = of_service.query_spans().front();
  std::printf("the %s span %s lies below the %s span %s: %s\n", std::string(to_string(served.kind)).c_str(),
              served.name.c_str(), std::string(to_string(call.kind)).c_str(), call.name.c_str(),
              served.parent_span_id == call.span_id && served.trace_id == call.trace_id ? "yes" : "no");
  for (const char* name : {"rpc.request.payload", "rpc.response.payload"}) {
    std::printf("%s %s\n", name, spark::to_json(served.attributes.at(name)).c_str());
  }
  const spark::Trace trace = of_service.query_traces().front();
  std::printf("the service has a part of the trace: %s\n", trace.partial ? "yes" : "no");
}
