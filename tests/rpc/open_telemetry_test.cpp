// OpenTelemetry's JavaScript SDK on the other side, with its own propagators: the traces join, both ways.
#include <filesystem>
#include <map>
#include <string>

#include "otlp/line_process.h"
#include "rpc/rpc_fixture.h"
#include "spark/base/json.h"

namespace spark::testing {
namespace {

class OpenTelemetryRpc : public RpcTest {
 protected:
  void SetUp() override {
    const bool is_installed = *SPARK_NODE != '\0' && std::filesystem::exists(SPARK_JS "/installed");
    if (is_installed) return;
    if (SPARK_JS_IS_REQUIRED) {
      FAIL() << "OpenTelemetry's JavaScript packages are not installed; CTest's test js.install does that";
    }
    GTEST_SKIP() << "no Node with OpenTelemetry's JavaScript packages";
  }
  static std::string script(const char* name) { return std::string(SPARK_JS) + "/" + name; }
  // By name; each is there once.
  static std::map<std::string, Object> by_name(const Value& spans) {
    std::map<std::string, Object> result;
    for (const Value& span : spans.as_array())
      result.emplace(span.as_object().at("name").as_string(), span.as_object());
    return result;
  }
};

TEST_F(OpenTelemetryRpc, its_client_calls_our_node_in_its_trace) {
  start();
  LineProcess client({SPARK_NODE, script("rpc_client.mjs"), service_->endpoint()});
  const Object said = parse_json(client.next_line()).as_object();
  client.finish();
  EXPECT_EQ(client.exit_code(), 0);
  const Array& answers = said.at("answers").as_array();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0].as_object().at("result"), Value(42));
  EXPECT_EQ(answers[1].as_object().at("result").as_object().at("baggage"), Value("user=%C3%A4lice%20b"));
  EXPECT_EQ(answers[2].as_object().at("error").as_object().at("code"), Value(-32602));

  flush();
  const auto theirs = by_name(said.at("spans"));
  const auto ours = callee_.query_spans().rows;
  EXPECT_EQ(ours.size(), 3U);
  for (const Span& span : ours) {
    const Object& parent = theirs.at(span.name);
    EXPECT_EQ(span.kind, SpanKind::SERVER);
    EXPECT_EQ(span.trace_id.to_hex(), parent.at("trace_id").as_string());
    EXPECT_EQ(span.parent_span_id.to_string(), parent.at("span_id").as_string());
    EXPECT_EQ(span.status == SpanStatus::failed, span.name == "refuse");
  }
}

TEST_F(OpenTelemetryRpc, our_proxy_calls_its_server_in_our_trace) {
  LineProcess server({SPARK_NODE, script("rpc_server.mjs")});
  RpcProxyOptions options;
  options.endpoint = server.next_line();
  {
    const auto proxy = connect(options);
    auto span = caller_.start_span("work");
    Baggage baggage;
    baggage.set("tenant", "a b");
    const BaggageScope scope(baggage);
    EXPECT_EQ(call(*proxy, "sum", Object{{"a", 40}, {"b", 2}}), Value(42));
    EXPECT_EQ(error_of(*proxy, "other"), "-32601 Method not found");
  }
  const std::vector<std::string> lines = server.finish();
  ASSERT_EQ(lines.size(), 1U);
  const Object said = parse_json(lines[0]).as_object();
  EXPECT_EQ(said.at("baggage"), Value(Object{{"tenant", "a b"}}));

  flush();
  const auto theirs = by_name(said.at("spans"));
  const auto ours = caller_.query_spans({.kind = SpanKind::CLIENT}).rows;
  EXPECT_EQ(ours.size(), 2U);
  EXPECT_EQ(theirs.size(), 2U);
  for (const Span& span : ours) {
    const Object& child = theirs.at(span.name);
    EXPECT_EQ(child.at("kind"), Value(1));  // their number for SERVER
    EXPECT_EQ(child.at("trace_id").as_string(), span.trace_id.to_hex());
    EXPECT_EQ(child.at("parent_span_id").as_string(), span.span_id.to_string());
    EXPECT_EQ(child.at("failed"), Value(span.name == "other"));
  }
}

}  // namespace
}  // namespace spark::testing
