// A service and its caller in two processes that record into one PostgreSQL database: one trace, one tree.
#include <atomic>
#include <vector>

#include "postgresql/server.h"
#include "rpc/rpc_fixture.h"
#include "rpc/service_process.h"

namespace spark::testing {
namespace {

TEST(RpcInPostgresql, two_processes_record_one_tree_into_one_database) {
  ASSERT_TRUE(PostgresServer::is_installed()) << "install Debian's package postgresql";
  PostgresServer& server = PostgresServer::instance();
  const std::string uri = server.uri(server.make_database());
  TelemetryManager manager(TelemetryConfig::create_postgresql(uri));
  manager.flush();  // the tables are there before two processes want to make them
  ServiceProcess service(uri);
  RpcProxyOptions options;
  options.endpoint = service.endpoint();
  options.telemetry = &manager;
  const auto proxy = make_node<RemoteRpcProxyNode>(options);
  TraceId trace;
  {
    auto work = manager.start_trace("order");
    trace = work.trace_id;
    auto span = manager.start_span("order", trace, {.is_root = true});
    std::vector<Task<Value>> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(proxy->call("sum", Object{{"a", i}, {"b", i}}));
    EXPECT_EQ(sync_wait(when_all(std::move(calls))).size(), 50U);
    EXPECT_THROW(sync_wait(proxy->call("fail")), RpcError);
  }
  EXPECT_TRUE(manager.flush(Seconds(30)).complete());
  EXPECT_EQ(service.finish(), "clean");

  JoinedTree joined;
  joined.add("", manager.query_spans({.trace_id = trace}).rows);
  std::string expected = " INTERNAL order completed\n";
  for (int i = 0; i < 50; ++i) expected += "   CLIENT sum completed\n     SERVER sum completed\n";
  expected += "   CLIENT fail failed -32603\n     SERVER fail failed -32603\n";
  EXPECT_EQ(joined.text(), expected);
  EXPECT_TRUE(joined.durations_agree());
  // The trace is the caller's; the callee's part of it is implied, and not shown where there is a real one.
  const auto traces = manager.query_traces({.trace_id = trace}).rows;
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces[0].name, "order");
  EXPECT_FALSE(traces[0].partial);
  EXPECT_EQ(traces[0].status, TraceStatus::completed);
}

}  // namespace
}  // namespace spark::testing
