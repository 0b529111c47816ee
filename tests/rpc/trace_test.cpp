// One trace across services: what travels with a call, and what does not break it.
#include <map>
#include <string>
#include <vector>

#include "http/raw_client.h"
#include "rpc/rpc_fixture.h"

namespace spark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RpcTraces : public RpcTest {
 protected:
  // The service's reply to a call of `baggage` with these headers.
  RawReply ask(const std::string& headers) {
    RawClient client(service_->port());
    return client.ask(
        post("/", R"({"jsonrpc":"2.0","method":"baggage","id":1})", "Content-Type: application/json\r\n" + headers));
  }
  [[nodiscard]] std::vector<Span> callee_spans() {
    callee_.flush();
    return callee_.query_spans({.limit = 10'000}).rows;
  }
};

const std::string w3c_trace = "0af7651916cd43dd8448eb211c80319c", w3c_span = "b7ad6b7169203331";
const std::string w3c_parent = "traceparent: 00-" + w3c_trace + "-" + w3c_span + "-01\r\n";

TEST_F(RpcTraces, any_client_that_sends_a_traceparent_is_joined) {
  start();
  const RawReply reply = ask("TRACEPARENT: 00-" + w3c_trace + "-" + w3c_span + "-01\r\nTracestate: foo=1\r\n" +
                             "tracestate: bar=2\r\nbaggage: user=alice\r\nBaggage: a=%20\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("baggage":"user=alice,a=%20","tracestate":"foo=1,bar=2")"));
  const auto spans = callee_spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].trace_id.to_hex(), w3c_trace);
  EXPECT_EQ(spans[0].parent_span_id.to_string(), w3c_span);
  const auto traces = callee_.query_traces().rows;
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_TRUE(traces[0].partial);
  EXPECT_EQ(traces[0].name, "baggage");
}

TEST_F(RpcTraces, headers_that_cannot_be_understood_break_no_call_and_begin_a_new_trace) {
  start();
  const std::vector<std::string> cases{
      "",
      "traceparent: \r\n",
      "traceparent: garbage\r\n",
      "traceparent: 00-" + w3c_trace + "-" + w3c_span + "\r\n",
      "traceparent: 00-" + w3c_trace + "-" + w3c_span + "-01-extra\r\n",
      "traceparent: ff-" + w3c_trace + "-" + w3c_span + "-01\r\n",
      "traceparent: 00-00000000000000000000000000000000-" + w3c_span + "-01\r\n",
      "traceparent: 00-" + w3c_trace + "-0000000000000000-01\r\n",
      "traceparent: 00-0AF7651916CD43DD8448EB211C80319C-" + w3c_span + "-01\r\n",
      w3c_parent + w3c_parent,
      "traceparent: " + std::string(5'000, '0') + "\r\n",
  };
  for (const std::string& headers : cases) {
    const RawReply reply = ask(headers + "tracestate: foo=1\r\n");
    EXPECT_EQ(reply.status, 200) << headers;
    EXPECT_THAT(reply.body, HasSubstr(R"("tracestate":"")")) << headers;
  }
  const auto spans = callee_spans();
  EXPECT_EQ(spans.size(), cases.size());
  for (const Span& span : spans) {
    EXPECT_NE(span.trace_id.to_hex(), w3c_trace);
    EXPECT_FALSE(span.parent_span_id.is_valid());
  }
}

TEST_F(RpcTraces, a_version_of_the_future_is_joined) {
  start();
  EXPECT_EQ(ask("traceparent: cc-" + w3c_trace + "-" + w3c_span + "-01-what-the-future-will-be-like\r\n").status, 200);
  const auto spans = callee_spans();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].trace_id.to_hex(), w3c_trace);
}

TEST_F(RpcTraces, a_malformed_tracestate_or_baggage_leaves_the_trace_whole) {
  start();
  const RawReply reply = ask(w3c_parent + "tracestate: foo=1,BAR=2\r\nbaggage: user=alice,a b=1\r\n");
  EXPECT_THAT(reply.body, HasSubstr(R"("baggage":"user=alice","tracestate":"")"));
  EXPECT_EQ(callee_spans()[0].trace_id.to_hex(), w3c_trace);
}

TEST_F(RpcTraces, requests_that_are_no_calls_are_recorded_as_what_they_are) {
  start();
  RawClient client(service_->port());
  const std::string json = "Content-Type: application/json; charset=utf-8\r\n";
  EXPECT_THAT(client.ask(post("/", "{", json)).body,
              StartsWith(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700)"));
  EXPECT_THAT(client.ask(post("/", "[]", json)).body, HasSubstr("-32600"));
  EXPECT_EQ(client.ask(post("/other", "{}", json)).status, 404);
  EXPECT_EQ(client.ask(get("/")).status, 405);
  EXPECT_EQ(client.ask(post("/", "{}", "Content-Type: text/plain\r\n")).status, 415);
  EXPECT_EQ(client.ask(post("/", "{}")).status, 415);
  EXPECT_EQ(client.ask(post("/", R"([{"jsonrpc":"2.0","method":"echo"}])", json)).status, 204);
  std::map<std::string, int> spans;
  for (const Span& span : callee_spans()) ++spans[span.name + " " + span.error_type];
  const std::map<std::string, int> expected{{"jsonrpc -32700", 1}, {"jsonrpc -32600", 1}, {"echo ", 1}};
  EXPECT_EQ(spans, expected);
}

TEST_F(RpcTraces, the_callers_decision_to_sample_holds_at_the_callee) {
  start();
  for (const double rate : {0.0, 1.0}) {
    TelemetryManager caller(TelemetryConfig::create_memory({.sampling_rate = rate}));
    RpcProxyOptions options;
    options.endpoint = service_->endpoint();
    options.telemetry = &caller;
    call(*make_node<RemoteRpcProxyNode>(options), "echo");
    EXPECT_EQ(callee_spans().size(), rate == 1.0 ? 1U : 0U);
  }
  // And the other way round: a callee that would keep nothing keeps what its caller does.
  TelemetryManager sparse(TelemetryConfig::create_memory({.sampling_rate = 0.0}));
  RpcServerOptions options;
  options.telemetry = &sparse;
  const auto other = make_node<ServiceNode>(options);
  other->start_server();
  RpcProxyOptions to_other;
  to_other.endpoint = other->endpoint();
  call(*connect(to_other), "echo");
  other->stop();
  sparse.flush();
  EXPECT_EQ(sparse.query_spans().size(), 1U);
}

TEST_F(RpcTraces, a_callee_that_records_nothing_passes_the_trace_on) {
  // The caller -> a service with telemetry off -> the service.
  start();
  TelemetryManager off(TelemetryConfig::create_noop());
  RpcProxyOptions to_last;
  to_last.endpoint = service_->endpoint();
  to_last.telemetry = &off;
  RpcServerOptions options;
  options.telemetry = &off;
  const auto middle = make_node<ServiceNode>(options, make_node<RemoteRpcProxyNode>(to_last));
  middle->start_server();
  RpcProxyOptions to_middle;
  to_middle.endpoint = middle->endpoint();
  EXPECT_EQ(call(*connect(to_middle), "relay", Object{{"a", 1}, {"b", 2}}), Value(3));
  middle->stop();
  EXPECT_EQ(tree().text(),
            "caller CLIENT relay completed\n"
            "  callee SERVER relay completed\n");
}

TEST_F(RpcTraces, baggage_of_the_caller_arrives_and_goes_on) {
  start();
  Baggage baggage;
  baggage.set("tenant", "a b");
  const BaggageScope scope(baggage);
  EXPECT_EQ(call(*connect(), "baggage"), Value(Object{{"baggage", "tenant=a%20b"}, {"tracestate", ""}}));
}

TEST_F(RpcTraces, fifty_concurrent_calls_are_fifty_pairs_of_one_trace) {
  start();
  const auto proxy = connect();
  {
    auto span = caller_.start_span("work");
    const auto work = [&]() -> Task<void> {
      std::vector<Task<Value>> calls;
      for (int i = 0; i < 50; ++i) calls.push_back(proxy->call("sum", Object{{"a", i}, {"b", 1}}));
      const std::vector<Value> sums = co_await when_all(std::move(calls));
      for (int i = 0; i < 50; ++i) EXPECT_EQ(sums[static_cast<std::size_t>(i)], Value(i + 1));
    };
    sync_wait(work());
  }
  const JoinedTree joined = tree();
  EXPECT_EQ(joined.roots(), 1U);
  EXPECT_TRUE(joined.durations_agree());
  std::string expected = "caller INTERNAL work completed\n";
  for (int i = 0; i < 50; ++i) expected += "  caller CLIENT sum completed\n    callee SERVER sum completed\n";
  EXPECT_EQ(joined.text(), expected);
}

TEST_F(RpcTraces, a_chain_of_five_services_keeps_one_trace) {
  std::vector<std::unique_ptr<TelemetryManager>> managers;
  std::vector<std::shared_ptr<ServiceNode>> services;
  std::shared_ptr<RemoteRpcProxyNode> next;
  for (int i = 0; i < 5; ++i) {
    managers.push_back(std::make_unique<TelemetryManager>(TelemetryConfig::create_memory()));
    RpcServerOptions options;
    options.telemetry = managers.back().get();
    services.push_back(make_node<ServiceNode>(options, next));
    services.back()->start_server();
    RpcProxyOptions to_it;
    to_it.endpoint = services.back()->endpoint();
    // It is called by the service that comes next, and the last one by the caller.
    if (i < 4) to_it.telemetry = nullptr;
    next = i < 4 ? make_node<RemoteRpcProxyNode>(to_it) : connect(to_it);
  }
  EXPECT_EQ(call(*next, "relay", Object{{"a", 40}, {"b", 2}}), Value(42));
  JoinedTree joined;
  flush();
  joined.add("caller", caller_.query_spans().rows);
  for (std::size_t i = 5; i-- > 0;) {
    services[i]->stop();
    managers[i]->flush();
    joined.add("service " + std::to_string(5 - i), managers[i]->query_spans().rows);
  }
  EXPECT_EQ(joined.text(),
            "caller CLIENT relay completed\n"
            "  service 1 SERVER relay completed\n"
            "    service 1 CLIENT relay completed\n"
            "      service 2 SERVER relay completed\n"
            "        service 2 CLIENT relay completed\n"
            "          service 3 SERVER relay completed\n"
            "            service 3 CLIENT relay completed\n"
            "              service 4 SERVER relay completed\n"
            "                service 4 CLIENT relay completed\n"
            "                  service 5 SERVER relay completed\n");
  EXPECT_TRUE(joined.durations_agree());
}

}  // namespace
}  // namespace spark::testing
