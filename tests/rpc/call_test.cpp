// What becomes of a call, and what is recorded of it on both sides.
#include <vector>

#include "rpc/rpc_fixture.h"
#include "spark/graph.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class RpcCalls : public RpcTest {};

TEST_F(RpcCalls, a_call_gives_its_result_and_both_spans_are_of_one_trace) {
  start();
  const auto proxy = connect();
  EXPECT_EQ(call(*proxy, "sum", Object{{"a", 2}, {"b", 3}}), Value(5));
  const JoinedTree joined = tree();
  EXPECT_EQ(joined.text(),
            "caller CLIENT sum completed\n"
            "  callee SERVER sum completed\n");
  EXPECT_TRUE(joined.durations_agree());
  EXPECT_EQ(only_span(caller_).trace_id, only_span(callee_).trace_id);
}

TEST_F(RpcCalls, both_spans_have_the_attributes_of_the_conventions) {
  start();
  const auto proxy = connect();
  call(*proxy, "sum", Object{{"a", 2}, {"b", 3}});
  const Span client = only_span(caller_), server = only_span(callee_);
  for (const Span* span : {&client, &server}) {
    const Object& attributes = span->attributes;
    EXPECT_EQ(attributes.at("rpc.system.name"), Value("jsonrpc"));
    EXPECT_EQ(attributes.at("rpc.method"), Value("sum"));
    EXPECT_EQ(attributes.at("jsonrpc.protocol.version"), Value("2.0"));
    EXPECT_EQ(attributes.at("jsonrpc.request.id"), Value("1"));
    EXPECT_EQ(attributes.at("server.address"), Value("127.0.0.1"));
    EXPECT_EQ(attributes.at("server.port"), Value(service_->port()));
    EXPECT_EQ(attributes.at("network.transport"), Value("tcp"));
    EXPECT_EQ(attributes.at("rpc.request.payload"), Value(Object{{"a", 2}, {"b", 3}}));
    EXPECT_EQ(attributes.at("rpc.response.payload"), Value(5));
    EXPECT_FALSE(attributes.contains("error.type"));
    EXPECT_FALSE(attributes.contains("rpc.response.status_code"));
  }
  EXPECT_EQ(client.attributes.at("attempt"), Value(1));
  EXPECT_EQ(client.attributes.at("network.peer.port"), Value(service_->port()));
  EXPECT_EQ(server.attributes.at("client.address"), Value("127.0.0.1"));
}

TEST_F(RpcCalls, events_and_durations_are_recorded_and_go_with_the_trace) {
  start();
  const auto proxy = connect();
  call(*proxy, "sum", Object{{"a", 2}, {"b", 3}});
  const Span server = only_span(callee_);
  std::vector<std::string> types;
  for (const Event& event : callee_.query_events({.trace_id = server.trace_id}).rows) {
    EXPECT_EQ(event.span_id, server.span_id);
    types.push_back(event.type + ": " + event.name);
  }
  EXPECT_THAT(types, ::testing::UnorderedElementsAre("rpc_request_received: sum Received",
                                                     "rpc_request_completed: sum Completed"));
  const auto of_callee = callee_.query_metrics({.name = "rpc.server.call.duration"}).rows;
  const auto of_caller = caller_.query_metrics({.name = "rpc.client.call.duration"}).rows;
  ASSERT_EQ(of_callee.size(), 1U);
  ASSERT_EQ(of_caller.size(), 1U);
  EXPECT_EQ(of_callee[0].unit, "s");
  EXPECT_EQ(of_callee[0].trace_id, server.trace_id);
  EXPECT_EQ(of_caller[0].attributes.at("rpc.method"), Value("sum"));
  EXPECT_GE(of_caller[0].value, of_callee[0].value);
}

TEST_F(RpcCalls, the_event_of_a_failed_call_says_so) {
  start();
  const auto proxy = connect();
  error_of(*proxy, "refuse");
  flush();
  const auto events = callee_.query_events({.event_type = "rpc_request_completed"}).rows;
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].name, "refuse Failed");
  EXPECT_EQ(events[0].attributes,
            (Object{{"rpc.method", "refuse"}, {"error.type", "-32602"}, {"rpc.response.status_code", "-32602"}}));
}

TEST_F(RpcCalls, the_data_of_an_error_is_kept_where_payloads_are) {
  start();
  error_of(*connect(), "refuse");
  for (const Span& span : {only_span(caller_), only_span(callee_)}) {
    EXPECT_EQ(span.attributes.at("rpc.response.error.data"), Value(Object{{"known", Array{"a"}}}));
  }
}

TEST_F(RpcCalls, connections_are_events_of_the_callee) {
  start();
  {
    const auto proxy = connect();
    for (int i = 0; i < 3; ++i) call(*proxy, "echo");
    EXPECT_EQ(proxy->idle_connections(), 1U);
  }
  service_->stop();
  flush();
  EXPECT_EQ(callee_.query_events({.event_type = "rpc_connection_opened"}).size(), 1U);
  EXPECT_EQ(callee_.query_events({.event_type = "rpc_connection_closed"}).size(), 1U);
}

TEST_F(RpcCalls, an_error_is_thrown_with_its_code_and_data_and_fails_both_spans) {
  start();
  const auto proxy = connect();
  try {
    call(*proxy, "refuse");
    ADD_FAILURE();
  } catch (const RpcError& error) {
    EXPECT_EQ(error.rpc_code(), rpc_code::invalid_params);
    EXPECT_EQ(error.code(), ErrorCode::remote_error);
    EXPECT_STREQ(error.what(), "no such thing");
    EXPECT_EQ(error.data(), Value(Object{{"known", Array{"a"}}}));
  }
  EXPECT_EQ(tree().text(),
            "caller CLIENT refuse failed -32602\n"
            "  callee SERVER refuse failed -32602\n");
  EXPECT_EQ(only_span(caller_).attributes.at("rpc.response.status_code"), Value("-32602"));
}

TEST_F(RpcCalls, what_an_exception_says_stays_with_the_callee) {
  std::vector<std::string> reports;
  RpcServerOptions options;
  options.on_error = [&reports](std::string_view what) { reports.emplace_back(what); };
  start(options);
  const auto proxy = connect();
  EXPECT_EQ(error_of(*proxy, "fail"), "-32603 Internal error");
  EXPECT_EQ(only_span(callee_).status_message, "the secret inside");
  EXPECT_EQ(only_span(caller_).status_message, "Internal error");
  EXPECT_THAT(reports, ::testing::ElementsAre(HasSubstr("the secret inside")));
}

TEST_F(RpcCalls, methods_that_are_not_listed_do_not_reach_the_node_and_name_no_span) {
  RpcServerOptions options;
  options.methods = {"sum"};
  start(options);
  const auto proxy = connect();
  EXPECT_EQ(error_of(*proxy, "echo"), "-32601 Method not found");
  EXPECT_EQ(service_->calls(), 0);
  const Span server = only_span(callee_);
  EXPECT_EQ(server.name, "_OTHER");
  EXPECT_EQ(server.attributes.at("rpc.method_original"), Value("echo"));
}

TEST_F(RpcCalls, a_method_that_the_node_does_not_know_makes_no_series_of_metrics) {
  start();
  const auto proxy = connect();
  const std::string made_up = "x" + std::string(300, 'y');
  EXPECT_EQ(error_of(*proxy, made_up), "-32601 Method not found");
  const Span server = only_span(callee_);
  EXPECT_EQ(server.name, made_up.substr(0, 256));
  EXPECT_EQ(server.attributes.at("rpc.method"), Value("_OTHER"));
  EXPECT_EQ(server.attributes.at("rpc.method_original"), Value(made_up.substr(0, 256)));
  const auto metrics = callee_.query_metrics({.name = "rpc.server.call.duration"}).rows;
  ASSERT_EQ(metrics.size(), 1U);
  EXPECT_EQ(metrics[0].attributes.at("rpc.method"), Value("_OTHER"));
}

TEST_F(RpcCalls, a_notification_is_processed_and_has_no_id) {
  start();
  const auto proxy = connect();
  sync_wait(proxy->notify("echo", Array{1}));
  EXPECT_EQ(service_->calls(), 1);
  EXPECT_EQ(tree().text(),
            "caller CLIENT echo completed\n"
            "  callee SERVER echo completed\n");
  EXPECT_FALSE(only_span(caller_).attributes.contains("jsonrpc.request.id"));
  // Its error is told to nobody but the telemetry.
  sync_wait(proxy->notify("fail"));
  EXPECT_THAT(tree().text(), HasSubstr("callee SERVER fail failed -32603\n"));
}

TEST_F(RpcCalls, a_batch_is_one_request_with_a_span_for_each_call) {
  start();
  const auto proxy = connect();
  std::vector<RpcCall> calls;
  calls.emplace_back("sum", Object{{"a", 1}, {"b", 2}});
  calls.push_back(RpcCall::notification("echo"));
  calls.emplace_back("refuse");
  calls.emplace_back("echo", Array{"x"});
  const std::vector<RpcOutcome> outcomes = sync_wait(proxy->call_batch(std::move(calls)));
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(std::get<Value>(outcomes[0]), Value(3));
  EXPECT_EQ(std::get<RpcError>(outcomes[1]).rpc_code(), rpc_code::invalid_params);
  EXPECT_EQ(std::get<Value>(outcomes[2]), Value(Array{"x"}));
  const JoinedTree joined = tree();
  EXPECT_EQ(joined.roots(), 1U);
  EXPECT_THAT(joined.text(), ::testing::StartsWith("caller CLIENT batch completed\n  callee SERVER "));
  EXPECT_EQ(only_span(caller_).attributes.at("rpc.batch.size"), Value(4));
  EXPECT_EQ(callee_.query_spans({.parent_span_id = only_span(caller_).span_id}).size(), 4U);
  EXPECT_TRUE(sync_wait(proxy->call_batch({})).empty());
}

TEST_F(RpcCalls, payloads_are_left_out_where_they_are_not_wanted) {
  RpcServerOptions options;
  options.capture_payloads = false;
  start(options);
  RpcProxyOptions to_service;
  to_service.capture_payloads = false;
  const auto proxy = connect(to_service);
  call(*proxy, "echo", Array{"private"});
  error_of(*proxy, "refuse", Array{"private"});
  flush();
  for (TelemetryManager* manager : {&caller_, &callee_}) {
    const auto spans = manager->query_spans().rows;
    EXPECT_EQ(spans.size(), 2U);
    for (const Span& span : spans) {
      for (const char* name : {"rpc.request.payload", "rpc.response.payload", "rpc.response.error.data"}) {
        EXPECT_FALSE(span.attributes.contains(name)) << span.name << " " << name;
      }
    }
  }
}

TEST_F(RpcCalls, payloads_go_through_the_redactor_and_the_limits) {
  const auto redactor = std::make_shared<const Redactor>([](RedactedField field) {
    if (field.path == "rpc.request.payload.card") field.value = "***";
  });
  TelemetryManager redacted(TelemetryConfig::create_memory({.redactor = redactor, .limits = {.string_bytes = 100}}));
  start();
  RpcProxyOptions options;
  options.endpoint = service_->endpoint();
  options.telemetry = &redacted;
  const auto proxy = make_node<RemoteRpcProxyNode>(options);
  call(*proxy, "echo", Object{{"card", "4111"}, {"text", std::string(1000, 'x')}});
  redacted.flush();
  const auto spans = redacted.query_spans().rows;
  ASSERT_EQ(spans.size(), 1U);
  const Object& payload = spans[0].attributes.at("rpc.request.payload").as_object();
  EXPECT_EQ(payload.at("card"), Value("***"));
  EXPECT_LE(payload.at("text").as_string().size(), 100U);
}

TEST_F(RpcCalls, params_that_are_no_structure_are_refused_before_they_are_sent) {
  start();
  const auto proxy = connect();
  EXPECT_THAT(error_of(*proxy, "echo", Value(1)), HasSubstr("invalid_argument"));
  EXPECT_EQ(service_->calls(), 0);
}

TEST_F(RpcCalls, params_may_be_large_and_of_any_type) {
  start();
  const auto proxy = connect();
  const Value params = Array{Value(std::string(1 << 20, 'x')),
                             Value("ä€😀\"\\\n"),
                             Value(1.5),
                             Value(true),
                             Value(),
                             Value(Object{{"nested", Array{Object{}, -7}}})};
  EXPECT_EQ(call(*proxy, "echo", params), params);
}

TEST_F(RpcCalls, a_node_answers_in_a_graph_as_it_does_from_afar) {
  const auto local = make_node<ServiceNode>(RpcServerOptions());
  Graph graph({.start = local, .telemetry = &caller_});
  // In a graph the method is the node's type, which this service does not know.
  EXPECT_THROW(sync_wait(graph.run(Inputs{{"a", 1}})), RpcError);
}

TEST_F(RpcCalls, a_graphs_middle_node_may_be_remote) {
  start();
  RpcProxyOptions options;
  options.method = "sum";
  const auto proxy = connect(options);
  auto load = function_node("LoadNode", [](ExecutionContext&) { return Outputs{{"a", 2}, {"b", 40}}; });
  auto report = function_node("ReportNode", [](ExecutionContext& context) { return context.inputs(); });
  load >> proxy >> report;
  Graph graph({.start = load, .id = "remote", .telemetry = &caller_});
  EXPECT_EQ(sync_wait(graph.run()), (Outputs{{"result", 42}}));
  EXPECT_EQ(tree().text(),
            "caller INTERNAL remote completed\n"
            "  caller INTERNAL LoadNode completed\n"
            "  caller INTERNAL RemoteRpcProxyNode completed\n"
            "    caller CLIENT sum completed\n"
            "      callee SERVER sum completed\n"
            "  caller INTERNAL ReportNode completed\n");
  const auto definitions = caller_.query_graphs().rows;
  ASSERT_EQ(definitions.size(), 1U);
  EXPECT_THAT(to_json(definitions[0].content), HasSubstr("\"endpoint\":\"" + service_->endpoint()));
}

}  // namespace
}  // namespace spark::testing
