// OpenAIModel against a server that answers well.
#include <cstdlib>

#include "agents/open_ai_fixture.h"

namespace spark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OpenAIAnswers : public OpenAITest {};

// An environment variable for as long as it lives.
class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~EnvironmentVariable() { ::unsetenv(name_); }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;

 private:
  const char* name_;
};

std::string fault_of_options(OpenAIModelOptions options) {
  try {
    const OpenAIModel model(std::move(options));
    return "none";
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + " " + error.what();
  }
}

TEST_F(OpenAIAnswers, a_question_is_sent_and_its_answer_recorded) {
  serve(text_reply("Because."));
  const ModelResponse response = ask();
  EXPECT_EQ(response.text, "Because.");
  EXPECT_EQ(response.finish_reason, "stop");
  EXPECT_EQ(response.cost.value_or(CallCost()).total, Dollars::parse("0.000018"));
  const HttpRequest request = server_->requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /v1/chat/completions");
  EXPECT_EQ(request.headers.at("authorization"), std::string("Bearer ") + key);
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_EQ(request.body, R"({"model":"m-1","messages":[{"role":"user","content":"Why?"}]})");
  const Span span = only_span();
  EXPECT_EQ(span.name, "chat m-1");
  EXPECT_EQ(span.status, SpanStatus::completed);
  EXPECT_EQ(span.attributes.at("gen_ai.response.model"), Value("m-1-2026"));
  EXPECT_EQ(span.attributes.at("server.address"), Value("127.0.0.1"));
  EXPECT_EQ(span.attributes.at("server.port"), Value(server_->port()));
}

TEST_F(OpenAIAnswers, calls_share_a_connection) {
  serve(text_reply("x"));
  OpenAIModel model(options());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(model).text, "x");
  EXPECT_EQ(model.idle_connections(), 1U);
  EXPECT_EQ(server_->requests().back().connection, 1);
}

TEST_F(OpenAIAnswers, a_tool_call_and_two_at_once) {
  const std::string one = R"({"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}})";
  const std::string two = R"({"id":"b","type":"function","function":{"name":"g","arguments":"{}"}})";
  serve(
      {OpenAIServer::sends(message_reply(R"({"content":null,"tool_calls":[)" + one + "]}", "tool_calls")),
       OpenAIServer::sends(message_reply(R"({"content":null,"tool_calls":[)" + one + "," + two + "]}", "tool_calls"))});
  OpenAIModel model(options());
  ModelRequest request("x");
  request.tools.emplace_back("f", "does f", Object{{"type", "object"}});
  EXPECT_THAT(ask(model, request).tool_calls, ElementsAre(ToolCall("a", "f", R"({"x":1})")));
  EXPECT_THAT(ask(model, request).tool_calls, ElementsAre(ToolCall("a", "f", R"({"x":1})"), ToolCall("b", "g", "{}")));
  EXPECT_EQ(server_->body(0).as_object().at("tools").as_array().size(), 1U);
}

TEST_F(OpenAIAnswers, a_structured_answer_is_a_value_of_its_schema) {
  serve(text_reply(R"({"days":3})"));
  ModelRequest request("x");
  request.output_schema = Object{{"type", "object"},
                                 {"properties", Object{{"days", Object{{"type", "integer"}}}}},
                                 {"required", Array{"days"}},
                                 {"additionalProperties", false}};
  EXPECT_EQ(ask(request).output, Value(Object{{"days", 3}}));
  const Value body = server_->body(0);
  const Object& format = body.as_object().at("response_format").as_object();
  EXPECT_EQ(format.at("json_schema").as_object().at("strict"), Value(true));
  EXPECT_EQ(format.at("json_schema").as_object().at("schema"), Value(*request.output_schema));
}

TEST_F(OpenAIAnswers, an_answer_by_another_schema_is_a_mismatch_and_its_cost_is_recorded) {
  serve(text_reply(R"({"days":"three"})"));
  ModelRequest request("x");
  request.output_schema = Object{{"type", "object"}, {"properties", Object{{"days", Object{{"type", "integer"}}}}}};
  EXPECT_THAT(failure(request), HasSubstr("output_mismatch"));
  EXPECT_EQ(only_span().attributes.at("llm.cost"), Value(0.000018));
}

TEST_F(OpenAIAnswers, whom_it_is_charged_to_and_further_headers_are_sent) {
  serve(text_reply("x"));
  OpenAIModelOptions of_test = options();
  of_test.base_url += "/?api-version=1";
  of_test.organization = "o-1";
  of_test.project = "p-1";
  of_test.headers = {{"api-key", "canary-2"}, {"User-Agent", "me"}};
  of_test.extra_body = Object{{"reasoning_effort", "low"}};
  OpenAIModel model(of_test);
  EXPECT_EQ(ask(model).text, "x");
  const HttpRequest request = server_->requests().at(0);
  EXPECT_EQ(request.target, "/v1/chat/completions?api-version=1");
  EXPECT_EQ(request.headers.at("openai-organization"), "o-1");
  EXPECT_EQ(request.headers.at("openai-project"), "p-1");
  EXPECT_EQ(request.headers.at("api-key"), "canary-2");
  EXPECT_EQ(request.headers.at("user-agent"), "me");
  EXPECT_EQ(server_->body(0).as_object().at("reasoning_effort"), Value("low"));
}

TEST_F(OpenAIAnswers, place_and_key_come_from_the_environment_where_nothing_is_given) {
  serve(text_reply("x"));
  const EnvironmentVariable place("OPENAI_BASE_URL", server_->base_url().c_str());
  OpenAIModelOptions of_test = options();
  of_test.base_url.clear();
  of_test.api_key = {};
  const auto ask_with = [&of_test](std::vector<std::pair<std::string, Secret>> headers) {
    of_test.headers = std::move(headers);
    OpenAIModel model(of_test);
    ask(model);
  };
  {
    const EnvironmentVariable environment_key("OPENAI_API_KEY", "canary-3");
    ask_with({});
    ask_with({{"Authorization", "Basic canary-4"}});
    ask_with({{"api-key", "canary-5"}});
  }
  ask_with({});
  const auto requests = server_->requests();
  EXPECT_EQ(requests.at(0).headers.at("authorization"), "Bearer canary-3");
  EXPECT_EQ(requests.at(1).headers.at("authorization"), "Basic canary-4");
  EXPECT_EQ(requests.at(2).headers.count("authorization"), 0U);
  EXPECT_EQ(requests.at(3).headers.count("authorization"), 0U);
}

TEST_F(OpenAIAnswers, without_any_place_it_is_openais_own) {
  OpenAIModelOptions of_test = options();
  of_test.base_url.clear();
  const OpenAIModel model(of_test);
  EXPECT_EQ(model.server_address(), "api.openai.com");
  EXPECT_EQ(model.server_port(), 443);
  EXPECT_EQ(model.provider(), "openai");
  EXPECT_EQ(model.model_id(), "m-1");
}

TEST_F(OpenAIAnswers, options_that_cannot_be_right_are_named) {
  const auto fault = [this](auto change) {
    OpenAIModelOptions of_test = options();
    change(of_test);
    return fault_of_options(std::move(of_test));
  };
  const std::string prefix = "invalid_argument OpenAIModelOptions::";
  EXPECT_EQ(fault([](auto& o) { o.model_id = ""; }), prefix + "model_id is empty");
  EXPECT_EQ(fault([](auto& o) { o.provider = ""; }), prefix + "provider is empty");
  EXPECT_THAT(fault([](auto& o) { o.base_url = "ftp://x"; }), HasSubstr(prefix + "base_url: "));
  EXPECT_EQ(fault([](auto& o) { o.retries = -1; }), prefix + "retries is -1, must be from 0 to 1000");
  EXPECT_THAT(fault([](auto& o) { o.timeout = Seconds(0); }), HasSubstr(prefix + "timeout is 0"));
  EXPECT_THAT(fault([](auto& o) { o.stream_idle_timeout = Seconds(-1); }),
              HasSubstr(prefix + "stream_idle_timeout is -1"));
  EXPECT_THAT(fault([](auto& o) { o.connect_timeout = Seconds(0); }), HasSubstr(prefix + "connect_timeout is 0"));
  EXPECT_THAT(fault([](auto& o) { o.max_retry_wait = Seconds(1e9); }), HasSubstr(prefix + "max_retry_wait is 1000"));
  EXPECT_THAT(fault([](auto& o) { o.backoff.factor = 0; }), HasSubstr("OpenAIModelOptions.backoff.factor is 0"));
  EXPECT_THAT(fault([](auto& o) { o.max_response_bytes = 1; }), HasSubstr(prefix + "max_response_bytes is 1"));
  EXPECT_THAT(fault([](auto& o) {
                o.extra_body = Object{{"stream", true}};
              }),
              HasSubstr(prefix + "extra_body has \"str"));
  EXPECT_EQ(fault([](auto& o) { o.api_key = "canary\r\nX: y"; }),
            prefix + "api_key is set to a value with a control character");
  EXPECT_EQ(fault([](auto& o) { o.project = "a\nb"; }), prefix + "project is set to a value with a control character");
  EXPECT_THAT(fault([](auto& o) {
                o.headers = {{"a b", "canary"}};
              }),
              HasSubstr(prefix + "headers: \"a b\" is not a h"));
  EXPECT_THAT(fault([](auto& o) { o.tls.ca_file = "/nowhere/ca.pem", o.base_url = "https://127.0.0.1"; }),
              HasSubstr("not_found"));
}

}  // namespace
}  // namespace spark::testing
