// A service and its caller in two processes, each with a database of its own, and one trace across both.

#include <spark/spark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>

using spark::RpcContext;
using spark::RpcError;
using spark::Task;
using spark::Value;

class StockNode : public spark::RpcNode {
 public:
  using RpcNode::RpcNode;
  Task<Value> rpc_process(const Value& params, RpcContext& context) override {
    if (context.method() != "stock") throw RpcError(spark::rpc_code::method_not_found, "Method not found");
    const Value* const item = params.is_object() ? params.as_object().find("item") : nullptr;
    if (item == nullptr || !item->is_string()) {
      throw RpcError(spark::rpc_code::invalid_params, "item must be text", spark::Object{{"param", "item"}});
    }
    auto span = context.start_span("count the shelves", {.attributes = {{"shelves", 3}}});
    co_return spark::Object{{"item", *item}, {"pieces", 12}};
  }
};

// Serves until nobody holds the other end of `until` any more.
int serve(int endpoint_to, int until) {
  spark::TelemetryManager::configure(spark::TelemetryConfig::create_sqlite("stock.db", {.service_name = "stock"}));
  const auto node = spark::make_node<StockNode>();
  node->start_server();
  dprintf(endpoint_to, "%s\n", node->endpoint().c_str());
  char ignored = 0;
  while (read(until, &ignored, 1) > 0) {
  }
  return node->stop() ? 0 : 1;
}

int main() {
  int endpoint[2], stop[2];
  if (pipe(endpoint) != 0 || pipe(stop) != 0) return 1;
  const pid_t service = fork();
  if (service == 0) {
    close(stop[1]);
    return serve(endpoint[1], stop[0]);
  }
  char address[256] = {};
  if (read(endpoint[0], address, sizeof address - 1) <= 0) return 1;
  spark::RpcProxyOptions options;
  options.endpoint = std::string(address).substr(0, std::string(address).find('\n'));
  options.retries = 2;

  auto& manager =
      spark::TelemetryManager::configure(spark::TelemetryConfig::create_sqlite("shop.db", {.service_name = "shop"}));
  spark::TraceId trace;
  {
    const auto stock = spark::make_node<spark::RemoteRpcProxyNode>(options);
    auto order = manager.start_span("order");
    trace = order.trace_id();
    const Value answer = spark::sync_wait(stock->call("stock", spark::Object{{"item", "lamp"}}));
    std::printf("%s\n", spark::to_json(answer).c_str());
    for (const char* method : {"stock", "price"}) {
      try {
        spark::sync_wait(stock->call(method, spark::Object{{"item", 7}}));
      } catch (const RpcError& error) {
        std::printf("%lld %s %s\n", static_cast<long long>(error.rpc_code()), error.what(),
                    spark::to_json(error.data()).c_str());
      }
    }
  }
  close(stop[1]);  // the service ends, and writes what it has recorded
  int status = 0;
  waitpid(service, &status, 0);
  manager.flush();

  const spark::TelemetryManager of_stock(spark::TelemetryConfig::create_sqlite("stock.db"));
  for (const auto& span : manager.query_spans({.trace_id = trace, .order = spark::Order::oldest_first})) {
    std::printf("shop   %-8s %s\n", std::string(to_string(span.kind)).c_str(), span.name.c_str());
    for (const auto& below : of_stock.query_spans({.parent_span_id = span.span_id})) {
      std::printf("stock    %-8s %s\n", std::string(to_string(below.kind)).c_str(), below.name.c_str());
      for (const auto& inner : of_stock.query_spans({.parent_span_id = below.span_id})) {
        std::printf("stock      %-8s %s\n", std::string(to_string(inner.kind)).c_str(), inner.name.c_str());
      }
    }
  }
  return status;
}
