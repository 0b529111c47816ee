// What callers see of callees that are away, late, wrong or about to stop.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "http/raw_client.h"
#include "http/server.h"
#include "rpc/rpc_fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class RpcFailures : public RpcTest {
 protected:
  // A server that answers each request with the next of these, and the last one from then on.
  std::string serve(std::vector<http::Response> responses) {
    responses_ = std::move(responses);
    const auto handler = [this](const http::Request&) -> Task<http::Response> {
      const std::size_t number = requests_++;
      co_return responses_[std::min(number, responses_.size() - 1)];
    };
    other_.emplace(http::ServerOptions(), handler);
    return other_->url() + "/";
  }
  static http::Response sum_answer() {
    return http::Response(200, "application/json", R"({"jsonrpc":"2.0","id":1,"result":5})");
  }
  static RpcProxyOptions retrying(std::string endpoint, std::int64_t retries) {
    RpcProxyOptions options;
    options.endpoint = std::move(endpoint);
    options.retries = retries;
    options.backoff.initial = 1ms;
    options.backoff.longest = 1ms;
    return options;
  }

  std::vector<http::Response> responses_;
  std::atomic<std::size_t> requests_{0};
  std::optional<http::Server> other_;
};

TEST_F(RpcFailures, nobody_there_is_unavailable_and_tried_again_with_a_span_each) {
  start();
  const std::string endpoint = service_->endpoint();
  service_->stop();
  const auto proxy = connect(retrying(endpoint, 2));
  EXPECT_THAT(error_of(*proxy, "sum"), StartsWith("unavailable the call of \"sum\" to http://127.0.0.1:"));
  const JoinedTree joined = tree();
  EXPECT_EQ(joined.text(),
            "caller CLIENT sum failed unavailable\n"
            "caller CLIENT sum failed unavailable\n"
            "caller CLIENT sum failed unavailable\n");
}

TEST_F(RpcFailures, a_retry_within_a_trace_is_one_more_client_span_of_it) {
  const std::string endpoint = serve({http::Response(503), http::Response(429), sum_answer()});
  const auto proxy = connect(retrying(endpoint, 3));
  {
    auto span = caller_.start_span("work");
    EXPECT_EQ(call(*proxy, "sum"), Value(5));
  }
  EXPECT_EQ(tree().text(),
            "caller INTERNAL work completed\n"
            "  caller CLIENT sum failed unavailable\n"
            "  caller CLIENT sum failed unavailable\n"
            "  caller CLIENT sum completed\n");
  std::vector<Value> attempts;
  for (const Span& span : caller_.query_spans({.kind = SpanKind::CLIENT}).rows) {
    attempts.push_back(span.attributes.at("attempt"));
  }
  EXPECT_THAT(attempts, ::testing::UnorderedElementsAre(Value(1), Value(2), Value(3)));
}

TEST_F(RpcFailures, what_may_have_been_done_is_done_again_only_where_that_is_said_to_be_harmless) {
  for (const bool is_idempotent : {false, true}) {
    requests_ = 0;
    RpcProxyOptions options = retrying(serve({http::Response(500), sum_answer()}), 3);
    options.is_idempotent = is_idempotent;
    EXPECT_EQ(error_of(*connect(options), "sum").substr(0, 11), is_idempotent ? "none" : "unavailable");
    EXPECT_EQ(requests_, is_idempotent ? 2U : 1U);
  }
}

TEST_F(RpcFailures, what_would_be_answered_alike_again_is_not_tried_again) {
  for (const int status : {400, 401, 404, 413}) {
    requests_ = 0;
    RpcProxyOptions options = retrying(serve({http::Response(status), sum_answer()}), 3);
    options.is_idempotent = true;
    EXPECT_THAT(error_of(*connect(options), "sum"), HasSubstr("answered with " + std::to_string(status)));
    EXPECT_EQ(requests_, 1U) << status;
  }
}

TEST_F(RpcFailures, an_answer_with_an_error_is_not_asked_for_again) {
  start();
  RpcProxyOptions options = retrying(service_->endpoint(), 3);
  options.is_idempotent = true;
  EXPECT_THAT(error_of(*connect(options), "refuse"), StartsWith("-32602"));
  EXPECT_EQ(service_->calls(), 1);
}

TEST_F(RpcFailures, a_callee_that_is_late_is_a_timeout_and_its_span_is_in_the_trace_all_the_same) {
  start();
  RpcProxyOptions options;
  options.timeout = 50ms;
  const auto proxy = connect(options);
  EXPECT_THAT(error_of(*proxy, "wait"), StartsWith("timeout the call of \"wait\" to http://127.0.0.1:"));
  // What the caller has given up goes on at the callee until it ends.
  service_->open_gate();
  EXPECT_TRUE(service_->stop(30s));
  EXPECT_EQ(tree().text(),
            "caller CLIENT wait failed timeout\n"
            "  callee SERVER wait completed\n");
}

TEST_F(RpcFailures, a_late_callee_is_asked_again_only_for_what_may_be_done_twice) {
  start();
  RpcProxyOptions options = retrying(service_->endpoint(), 1);
  options.timeout = 20ms;
  EXPECT_THAT(error_of(*connect(options), "wait"), StartsWith("timeout"));
  options.is_idempotent = true;
  {
    auto span = caller_.start_span("twice");
    EXPECT_THAT(error_of(*connect(options), "wait"), StartsWith("timeout"));
  }
  service_->open_gate();
  EXPECT_TRUE(service_->stop(30s));
  flush();
  const auto twice = caller_.query_spans({.name = "twice"}).rows;
  ASSERT_EQ(twice.size(), 1U);
  const TraceId trace = twice[0].trace_id;
  EXPECT_EQ(caller_.query_spans({.trace_id = trace, .kind = SpanKind::CLIENT}).size(), 2U);
  // On a busy machine an attempt may end before it is on its way; then there is another one, and still one call at
  // most.
  const auto served = callee_.query_spans().rows;
  EXPECT_LE(std::count_if(served.begin(), served.end(), [trace](const Span& span) { return span.trace_id != trace; }),
            1);
}

TEST_F(RpcFailures, a_cancelled_call_is_cancelled_in_the_telemetry) {
  start();
  const auto proxy = connect();
  std::stop_source stop;
  std::thread stopper([&] {
    while (service_->waiting() == 0) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_THROW(sync_wait(with_stop_token(proxy->call("wait"), stop.get_token())), Error);
  stopper.join();
  service_->open_gate();
  EXPECT_EQ(only_span(caller_).status, SpanStatus::cancelled);
}

TEST_F(RpcFailures, what_is_no_json_rpc_is_unavailable_and_says_so) {
  const std::vector<std::pair<http::Response, std::string>> cases{
      {http::Response(200, "text/html", "<html>"), "no response of JSON-RPC 2.0"},
      {http::Response(404), "answered with 404"},
      {http::Response(200, "application/json", R"({"jsonrpc":"2.0","id":"other","result":1})"), "without an answer"},
      {http::Response(200, "application/json", "[]"), "without an answer"},
      {http::Response(200, "application/json", std::string(5 << 20, ' ')), "cannot be read"},
  };
  for (const auto& [response, what] : cases) {
    const auto proxy = connect(retrying(serve({response}), 0));
    EXPECT_THAT(error_of(*proxy, "sum"), ::testing::AllOf(StartsWith("unavailable"), HasSubstr(what)));
  }
}

TEST_F(RpcFailures, an_error_without_an_id_is_the_answer) {
  const std::string error = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}})";
  for (const int status : {200, 400}) {
    const auto proxy = connect(retrying(serve({http::Response(status, "application/json", error)}), 0));
    EXPECT_EQ(error_of(*proxy, "sum"), "-32700 Parse error");
  }
}

TEST_F(RpcFailures, a_notification_that_was_refused_as_a_whole_says_so) {
  const std::string error = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}})";
  const auto proxy = connect(retrying(serve({http::Response(200, "application/json", error), http::Response(204)}), 0));
  try {
    sync_wait(proxy->notify("sum"));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const RpcError& refused) {
    EXPECT_EQ(refused.rpc_code(), rpc_code::parse_error);
  }
  sync_wait(proxy->notify("sum"));
}

TEST_F(RpcFailures, a_connection_that_was_closed_meanwhile_is_not_used) {
  start();
  const auto proxy = connect();
  call(*proxy, "echo");
  EXPECT_EQ(proxy->idle_connections(), 1U);
  const std::uint16_t port = service_->port();
  service_->stop();
  RpcServerOptions options;
  options.port = port;
  start(options);
  EXPECT_EQ(call(*proxy, "echo", Array{1}), Value(Array{1}));
}

TEST_F(RpcFailures, a_graceful_stop_loses_no_call_that_was_taken) {
  start();
  const auto proxy = connect();
  std::atomic<int> answered{0};
  std::thread caller([&] {
    const auto calls = [&]() -> Task<void> {
      TaskGroup group;
      for (int i = 0; i < 20; ++i) {
        group.spawn([&]() -> Task<void> {
          co_await proxy->call("wait");
          ++answered;
        });
      }
      co_await group.join();
    };
    sync_wait(calls());
  });
  while (service_->waiting() < 20) std::this_thread::yield();
  std::thread opener([&] {
    while (service_->is_serving() && error_of(*connect(retrying(service_->endpoint(), 0)), "echo") == "none") {
    }
    service_->open_gate();
  });
  EXPECT_TRUE(service_->stop(60s));
  caller.join();
  opener.join();
  EXPECT_EQ(answered, 20);
}

TEST_F(RpcFailures, a_stop_whose_deadline_passes_cancels_what_is_under_way) {
  start();
  const auto proxy = connect();
  std::string error;
  std::thread caller([&] { error = error_of(*proxy, "wait"); });
  while (service_->waiting() == 0) std::this_thread::yield();
  EXPECT_FALSE(service_->stop(0s));
  caller.join();
  EXPECT_THAT(error, StartsWith("unavailable"));
  EXPECT_EQ(only_span(callee_).status, SpanStatus::cancelled);
  const auto events = callee_.query_events({.event_type = "rpc_request_completed"}).rows;
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].name, "wait Cancelled");
}

TEST_F(RpcFailures, a_node_that_goes_takes_its_server_with_it) {
  start();
  const std::string endpoint = service_->endpoint();
  service_.reset();
  EXPECT_THAT(error_of(*connect(retrying(endpoint, 0)), "echo"), StartsWith("unavailable"));
}

TEST_F(RpcFailures, what_cannot_be_right_is_refused_with_its_name) {
  const auto refusal = [](RpcProxyOptions options) -> std::string {
    try {
      RemoteRpcProxyNode proxy(std::move(options));
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  RpcProxyOptions options;
  options.endpoint = "host";
  EXPECT_THAT(refusal(options), HasSubstr("http://"));
  options.endpoint = "http://user:password@host/";
  EXPECT_THAT(refusal(options), ::testing::Not(HasSubstr("password@")));
  options.endpoint = "http://127.0.0.1:1/";
  options.retries = -1;
  EXPECT_THAT(refusal(options), HasSubstr("retries is -1"));
  options.retries = 0;
  options.timeout = 0s;
  EXPECT_THAT(refusal(options), HasSubstr("timeout"));
  options.timeout = 1s;
  options.headers = {{"Content-Length", Secret("5")}};
  EXPECT_THAT(refusal(options), HasSubstr("\"Content-Length\" is a header that the protocol sets itself"));
  options.headers = {{"X Y", Secret("canary7")}};
  EXPECT_THAT(refusal(options), HasSubstr("\"X Y\" is not a header's name"));
  start();
  EXPECT_THROW(service_->start_server(), Error);
  ServiceNode unshared{RpcServerOptions()};
  EXPECT_THROW(unshared.start_server(), Error);
}

}  // namespace
}  // namespace spark::testing
