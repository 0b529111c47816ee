// A service in a process of its own: serves ServiceNode until its standard input ends, and records where
// SPARK_TELEMETRY says. With an argument, `relay` goes on to the service at that endpoint. Says "ENDPOINT", and at the
// end "clean" or "cut".
#include <cstdio>
#include <string>

#include "rpc/service_node.h"

int main(int count, char** arguments) {
  using namespace spark;
  std::shared_ptr<RemoteRpcProxyNode> next;
  RpcProxyOptions to_next;
  if (count > 1) {
    to_next.endpoint = arguments[1];
    next = make_node<RemoteRpcProxyNode>(to_next);
  }
  auto& manager = TelemetryManager::get_instance();
  RpcServerOptions options;
  const auto service = make_node<testing::ServiceNode>(options, next);
  service->start_server();
  std::printf("%s\n", service->endpoint().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  service->open_gate();
  const bool was_clean = service->stop(std::chrono::seconds(30));
  manager.shutdown(std::chrono::seconds(30));
  std::printf("%s\n", was_clean ? "clean" : "cut");
}
