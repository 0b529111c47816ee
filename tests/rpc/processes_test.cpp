// Two processes with a database each: what they recorded of one call is one tree.
#include <memory>
#include <thread>
#include <vector>

#include "backends/temporary_directory.h"
#include "rpc/rpc_fixture.h"
#include "rpc/service_process.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

class RpcProcesses : public ::testing::Test {
 protected:
  [[nodiscard]] std::string database(const std::string& name) const { return directory_.file(name.c_str()); }
  static std::vector<Span> spans_of(const std::string& file, TraceId trace) {
    TelemetryManager manager(TelemetryConfig::create_sqlite(file));
    return manager.query_spans({.trace_id = trace}).rows;
  }

  TemporaryDirectory directory_;
};

TEST_F(RpcProcesses, two_databases_are_joined_by_the_trace_id_through_all_that_can_happen_to_a_call) {
  ServiceProcess service("sqlite:" + database("callee.db"));
  TraceId trace;
  JoinedTree joined;
  {
    TelemetryManager manager(TelemetryConfig::create_sqlite(database("caller.db")));
    RpcProxyOptions options;
    options.endpoint = service.endpoint();
    options.telemetry = &manager;
    options.retries = 1;
    options.backoff.initial = 1ms;
    const auto proxy = make_node<RemoteRpcProxyNode>(options);
    options.timeout = 20ms;
    const auto hasty = make_node<RemoteRpcProxyNode>(options);
    {
      auto span = manager.start_span("work");
      trace = span.trace_id();
      EXPECT_EQ(sync_wait(proxy->call("sum", Object{{"a", 1}, {"b", 2}})), Value(3));
      EXPECT_THROW(sync_wait(proxy->call("fail")), RpcError);
      EXPECT_THROW(sync_wait(hasty->call("wait")), Error);
      sync_wait(proxy->notify("echo"));
      std::vector<RpcCall> batch;
      batch.emplace_back("echo", Array{1});
      EXPECT_EQ(sync_wait(proxy->call_batch(std::move(batch))).size(), 1U);
    }
    manager.flush();
    joined.add("caller", manager.query_spans({.trace_id = trace}).rows);
  }
  EXPECT_EQ(service.finish(), "clean");
  joined.add("callee", spans_of(database("callee.db"), trace));
  EXPECT_EQ(joined.text(),
            "caller INTERNAL work completed\n"
            "  caller CLIENT sum completed\n"
            "    callee SERVER sum completed\n"
            "  caller CLIENT fail failed -32603\n"
            "    callee SERVER fail failed -32603\n"
            "  caller CLIENT wait failed timeout\n"
            "    callee SERVER wait completed\n"
            "  caller CLIENT echo completed\n"
            "    callee SERVER echo completed\n"
            "  caller CLIENT batch completed\n"
            "    callee SERVER echo completed\n");
}

TEST_F(RpcProcesses, fifty_concurrent_calls_are_one_tree_of_two_databases) {
  ServiceProcess service("sqlite:" + database("callee.db"));
  JoinedTree joined;
  TraceId trace;
  {
    TelemetryManager manager(TelemetryConfig::create_sqlite(database("caller.db")));
    RpcProxyOptions options;
    options.endpoint = service.endpoint();
    options.telemetry = &manager;
    const auto proxy = make_node<RemoteRpcProxyNode>(options);
    {
      auto span = manager.start_span("work");
      trace = span.trace_id();
      std::vector<Task<Value>> calls;
      for (int i = 0; i < 50; ++i) calls.push_back(proxy->call("sum", Object{{"a", i}, {"b", i}}));
      EXPECT_EQ(sync_wait(when_all(std::move(calls))).size(), 50U);
    }
    manager.flush();
    joined.add("caller", manager.query_spans({.trace_id = trace}).rows);
  }
  EXPECT_EQ(service.finish(), "clean");
  joined.add("callee", spans_of(database("callee.db"), trace));
  EXPECT_EQ(joined.roots(), 1U);
  EXPECT_TRUE(joined.durations_agree());
  std::string expected = "caller INTERNAL work completed\n";
  for (int i = 0; i < 50; ++i) expected += "  caller CLIENT sum completed\n    callee SERVER sum completed\n";
  EXPECT_EQ(joined.text(), expected);
}

TEST_F(RpcProcesses, a_callee_that_is_stopped_answers_what_it_has_taken) {
  ServiceProcess service("memory:");
  RpcProxyOptions options;
  options.endpoint = service.endpoint();
  const auto proxy = make_node<RemoteRpcProxyNode>(options);
  std::vector<Value> answers;
  std::thread caller([&] {
    std::vector<Task<Value>> waiting;
    for (int i = 0; i < 10; ++i) waiting.push_back(proxy->call("wait"));
    try {
      answers = sync_wait(when_all(std::move(waiting)));
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  });
  // All of them have been taken before it is told to stop.
  while (sync_wait(proxy->call("waiting")) != Value(10)) std::this_thread::yield();
  EXPECT_EQ(service.finish(), "clean");
  caller.join();
  EXPECT_EQ(answers.size(), 10U);
}

}  // namespace
}  // namespace spark::testing
