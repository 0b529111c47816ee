// Requests, answers and streams as they are written and read, without a server.
#include "agents/chat_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::agents {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const ChatErrors& errors_of_test() {
  static const ChatErrors errors("http://model.example/v1/chat/completions", {"canary-key"});
  return errors;
}

ChatSettings settings_of_test() {
  ChatSettings settings;
  settings.model = "m-1";
  return settings;
}

// Kind and message of the error that reading this body ends with.
std::string fault_of(std::string_view body) {
  try {
    static_cast<void>(read_chat_response(body, errors_of_test()));
    return "none";
  } catch (const ModelError& error) {
    return std::string(to_string(error.kind())) + ": " + error.what();
  }
}

ModelResponse answer_of(const std::string& message, const std::string& usage = "null") {
  return read_chat_response(
      R"({"id":"c-1","model":"m-1-2026","choices":[{"index":0,"finish_reason":"stop","message":)" + message +
          R"(}],"usage":)" + usage + "}",
      errors_of_test());
}

std::string chunk_of(const std::string& delta, const std::string& finish_reason = "null") {
  return R"({"id":"c-1","model":"m-1-2026","choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" +
         finish_reason + "}]}";
}

ModelResponse stream_of(const std::vector<std::string>& chunks) {
  ChatStream stream(errors_of_test());
  for (const std::string& chunk : chunks) static_cast<void>(stream.take(chunk));
  return stream.finish();
}

std::string fault_of_stream(const std::vector<std::string>& chunks) {
  try {
    static_cast<void>(stream_of(chunks));
    return "none";
  } catch (const ModelError& error) {
    return std::string(to_string(error.kind())) + ": " + error.what();
  }
}

TEST(ChatRequest, a_prompt_alone_says_nothing_else) {
  EXPECT_EQ(chat_request(ModelRequest("Why?"), settings_of_test()),
            R"({"model":"m-1","messages":[{"role":"user","content":"Why?"}]})");
}

TEST(ChatRequest, a_conversation_with_tools_is_written_in_its_order) {
  ModelRequest request({Message::system("Be \"brief\"."), Message::user("Weather?"),
                        Message::assistant("", {ToolCall("call_1", "weather", R"({"city":"Bern"})")}),
                        Message::tool("call_1", "rain"), Message::assistant("It rains.")});
  request.tools.emplace_back("weather", "Of a city", Object{{"type", "object"}, {"$ref", "#/$defs/x"}});
  request.tools.emplace_back("now", "", Object());
  EXPECT_EQ(chat_request(request, settings_of_test()),
            R"({"model":"m-1","messages":[{"role":"system","content":"Be \"brief\"."},)"
            R"({"role":"user","content":"Weather?"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1",)"
            R"("type":"function","function":{"name":"weather","arguments":"{\"city\":\"Bern\"}"}}]},)"
            R"({"role":"tool","tool_call_id":"call_1","content":"rain"},{"role":"assistant","content":"It rains."}],)"
            R"("tools":[{"type":"function","function":{"name":"weather","description":"Of a city","parameters":)"
            R"({"$ref":"#/$defs/x","type":"object"}}},{"type":"function","function":{"name":"now","parameters":)"
            R"({"type":"object","properties":{}}}}]})");
}

TEST(ChatRequest, settings_a_schema_and_streaming_are_said) {
  ModelRequest request("x");
  request.temperature = 0.5;
  request.top_p = 1;
  request.max_output_tokens = 100;
  request.seed = -7;
  request.stop_sequences = {"END", "\n"};
  request.output_schema = Object{{"$ref", "#/$defs/answer"}};
  request.on_text = [](std::string_view) {};
  EXPECT_EQ(chat_request(request, settings_of_test()),
            R"({"model":"m-1","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema",)"
            R"("json_schema":{"name":"output","strict":true,"schema":{"$ref":"#/$defs/answer"}}},"temperature":0.5,)"
            R"("top_p":1.0,"max_completion_tokens":100,"seed":-7,"stop":["END","\n"],"stream":true,)"
            R"("stream_options":{"include_usage":true}})");
}

TEST(ChatRequest, settings_of_the_model_are_defaults) {
  ChatSettings settings = settings_of_test();
  settings.says_max_tokens = true;
  settings.extra = Object{{"temperature", 0.25}, {"top_p", 0.5}, {"user", "u"}, {"metadata", Object{{"$a", 1}}}};
  ModelRequest request("x");
  request.temperature = 1;
  request.max_output_tokens = 5;
  EXPECT_EQ(chat_request(request, settings),
            R"({"model":"m-1","messages":[{"role":"user","content":"x"}],"temperature":1.0,"max_tokens":5,)"
            R"("metadata":{"$a":1},"top_p":0.5,"user":"u"})");
}

TEST(ChatRequest, a_number_that_json_lacks_is_refused) {
  ModelRequest request("x");
  request.top_p = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(static_cast<void>(chat_request(request, settings_of_test())), Error);
}

TEST(ChatResponse, a_text_has_its_reason_usage_and_names) {
  const ModelResponse response =
      answer_of(R"({"role":"assistant","content":"Because."})",
                R"({"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":)"
                R"({"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":8}})");
  EXPECT_EQ(response.text, "Because.");
  EXPECT_EQ(response.finish_reason, "stop");
  EXPECT_EQ(response.id, "c-1");
  EXPECT_EQ(response.model, "m-1-2026");
  TokenUsage usage;
  usage.input_tokens = 100;
  usage.cache_read_input_tokens = 64;
  usage.output_tokens = 20;
  usage.reasoning_output_tokens = 8;
  EXPECT_EQ(response.usage, usage);
}

TEST(ChatResponse, usage_that_cannot_be_counts_as_not_said) {
  for (const char* usage :
       {"null", "{}", "7", R"({"prompt_tokens":-1,"completion_tokens":1})",
        R"({"prompt_tokens":1.5,"completion_tokens":1})", R"({"prompt_tokens":"1","completion_tokens":1})",
        R"({"prompt_tokens":1,"completion_tokens":1e300})",
        R"({"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":2}})",
        R"({"prompt_tokens":1,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":2}})",
        R"({"prompt_tokens":1,"completion_tokens":1,"completion_tokens_details":{"reasoning_tokens":-2}})"}) {
    EXPECT_EQ(answer_of(R"({"content":"x"})", usage).usage, std::nullopt) << usage;
  }
  EXPECT_TRUE(answer_of(R"({"content":"x"})", R"({"prompt_tokens":0,"completion_tokens":0})").usage);
  const char* const null_details = R"({"prompt_tokens":1,"completion_tokens":1,"prompt_tokens_details":null})";
  EXPECT_TRUE(answer_of(R"({"content":"x"})", null_details).usage);
}

TEST(ChatResponse, tool_calls_come_with_the_text_of_their_arguments) {
  const ModelResponse response = answer_of(
      R"({"content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},)"
      R"({"type":"function","function":{"name":"g","arguments":{"y":2}}}]})");
  EXPECT_EQ(response.text, "");
  // Some servers send no ids, and objects.
  EXPECT_THAT(response.tool_calls,
              ElementsAre(ToolCall("a", "f", R"({"x":1})"), ToolCall("call_1", "g", R"({"y":2})")));
}

TEST(ChatResponse, a_refusal_is_a_text_with_a_reason_of_its_own) {
  const ModelResponse response = answer_of(R"({"content":null,"refusal":"I cannot."})");
  EXPECT_EQ(response.text, "I cannot.");
  EXPECT_EQ(response.finish_reason, "refusal");
}

TEST(ChatResponse, parts_of_content_that_are_texts_are_put_together) {
  EXPECT_EQ(answer_of(R"({"content":[{"type":"thinking","text":"hm"},{"type":"text","text":"a"},)"
                      R"({"type":"text","text":"b"}]})")
                .text,
            "ab");
}

TEST(ChatResponse, what_is_none_is_malformed_and_says_why) {
  const auto malformed = [](const char* why) {
    return AllOf(HasSubstr("malformed_response: http://model.example/v1/chat/completions gave a response that cannot"),
                 HasSubstr(why));
  };
  EXPECT_THAT(fault_of(""), malformed("cannot parse JSON"));
  EXPECT_THAT(fault_of("<html>"), malformed("cannot parse JSON"));
  EXPECT_THAT(fault_of("[]"), malformed("no JSON object"));
  EXPECT_THAT(fault_of(std::string(1'000, '[')), malformed("nested deeper than 32"));
  EXPECT_THAT(fault_of("{}"), malformed("no choices"));
  EXPECT_THAT(fault_of(R"({"choices":[]})"), malformed("no choices"));
  EXPECT_THAT(fault_of(R"({"choices":{}})"), malformed("no choices"));
  EXPECT_THAT(fault_of(R"({"choices":[1]})"), malformed("choices[0] has no message"));
  EXPECT_THAT(fault_of(R"({"choices":[{"message":{"content":5}}]})"),
              malformed("choices[0].message.content is of type int, not string"));
  EXPECT_THAT(fault_of(R"({"choices":[{"message":{"content":"x"},"finish_reason":1}]})"),
              malformed("choices[0].finish_reason is of type int"));
  EXPECT_THAT(fault_of(R"({"choices":[{"message":{"tool_calls":5}}]})"), malformed("tool_calls is no array"));
  EXPECT_THAT(fault_of(R"({"choices":[{"message":{"tool_calls":[5]}}]})"), malformed("tool_calls[0] has no function"));
  EXPECT_THAT(fault_of(R"({"choices":[{"message":{"tool_calls":[{"function":{"arguments":"{}"}}]}}]})"),
              malformed("tool call 0 has no name"));
  std::string many = R"({"choices":[{"message":{"tool_calls":[{})";
  for (int i = 0; i < 128; ++i) many += ",{}";
  EXPECT_THAT(fault_of(many + "]}}]}"), malformed("more than 128 tool calls"));
}

TEST(ChatResponse, an_error_in_place_of_an_answer_is_that_error) {
  EXPECT_THAT(fault_of(R"({"error":{"message":"busy","code":429}})"),
              AllOf(HasSubstr("rate_limited: "), HasSubstr("broke off with an error: busy")));
  EXPECT_THAT(fault_of(R"({"error":"no more"})"), AllOf(HasSubstr("server_error: "), HasSubstr("no more")));
  EXPECT_THAT(fault_of(R"({"object":"error","message":"too long","code":400})"),
              AllOf(HasSubstr("refused: "), HasSubstr("too long")));
}

TEST(ChatStream, pieces_of_text_are_put_together) {
  ChatStream stream(errors_of_test());
  EXPECT_EQ(stream.take(chunk_of(R"({"role":"assistant","content":""})")), "");
  EXPECT_EQ(stream.take(chunk_of(R"({"content":"Be"})")), "Be");
  EXPECT_EQ(stream.take(chunk_of(R"({"content":"cause."})")), "cause.");
  EXPECT_EQ(stream.take(chunk_of("{}", R"("stop")")), "");
  EXPECT_EQ(stream.take(R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}})"), "");
  EXPECT_FALSE(stream.is_done());
  EXPECT_EQ(stream.take("[DONE]"), "");
  EXPECT_TRUE(stream.is_done());
  EXPECT_EQ(stream.take(chunk_of(R"({"content":"more"})")), "");
  const ModelResponse response = stream.finish();
  EXPECT_EQ(response.text, "Because.");
  EXPECT_EQ(response.finish_reason, "stop");
  EXPECT_EQ(response.id, "c-1");
  EXPECT_EQ(response.model, "m-1-2026");
  EXPECT_EQ(response.usage.value_or(TokenUsage()).output_tokens, 2);
}

TEST(ChatStream, tool_calls_are_put_together_by_their_indexes) {
  const ModelResponse response = stream_of(
      {chunk_of(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]})"),
       chunk_of(R"({"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}]})"),
       chunk_of(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]})"),
       chunk_of(
           R"({"tool_calls":[{"index":1,"function":{"arguments":":2}"}},{"index":0,"function":{"arguments":"1}"}}]})",
           R"("tool_calls")"),
       "[DONE]"});
  EXPECT_THAT(response.tool_calls, ElementsAre(ToolCall("a", "f", R"({"x":1})"), ToolCall("b", "g", R"({"y":2})")));
  EXPECT_EQ(response.finish_reason, "tool_calls");
}

TEST(ChatStream, tool_calls_without_indexes_or_with_one_for_all_stay_apart) {
  const auto calls = ElementsAre(ToolCall("a", "f", "{}"), ToolCall("b", "g", "[1]"));
  EXPECT_THAT(stream_of({chunk_of(R"({"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]})"),
                         chunk_of(R"({"tool_calls":[{"id":"b","function":{"name":"g","arguments":"["}}]})"),
                         chunk_of(R"({"tool_calls":[{"function":{"arguments":"1]"}}]})"), "[DONE]"})
                  .tool_calls,
              calls);
  EXPECT_THAT(stream_of({chunk_of(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}},)"
                                  R"({"index":0,"id":"b","function":{"name":"g","arguments":"[1]"}}]})"),
                         "[DONE]"})
                  .tool_calls,
              calls);
}

TEST(ChatStream, hostile_indexes_are_refused) {
  for (const char* index : {"-1", "128", "9223372036854775807", "18446744073709551615", "1e9", "\"0\"", "true"}) {
    const std::string piece = std::string(R"({"index":)") + index + R"(,"id":"a","function":{"name":"f"}})";
    EXPECT_THAT(fault_of_stream({chunk_of(R"({"tool_calls":[)" + piece + "]}")}),
                AllOf(HasSubstr("malformed_response"), HasSubstr("from 0 to 127")))
        << index;
  }
  std::string pieces;
  for (int i = 0; i < 129; ++i) {
    pieces +=
        std::string(i == 0 ? "" : ",") + R"({"index":0,"id":"i)" + std::to_string(i) + R"(","function":{"name":"f"}})";
  }
  EXPECT_THAT(fault_of_stream({chunk_of(R"({"tool_calls":[)" + pieces + "]}")}), HasSubstr("more than 128 tool calls"));
}

TEST(ChatStream, a_refusal_is_streamed_as_a_text) {
  const ModelResponse response =
      stream_of({chunk_of(R"({"refusal":"I "})"), chunk_of(R"({"refusal":"cannot."})"), chunk_of("{}", R"("stop")")});
  EXPECT_EQ(response.text, "I cannot.");
  EXPECT_EQ(response.finish_reason, "refusal");
}

TEST(ChatStream, other_choices_are_passed_over) {
  EXPECT_EQ(
      stream_of({chunk_of(R"({"content":"a"})"), R"({"choices":[{"index":1,"delta":{"content":"b"}}]})", "[DONE]"})
          .text,
      "a");
}

TEST(ChatStream, its_end_is_done_or_a_reason) {
  EXPECT_EQ(fault_of_stream({chunk_of(R"({"content":"a"})"), chunk_of("{}", R"("length")")}), "none");
  EXPECT_EQ(fault_of_stream({chunk_of(R"({"content":"a"})"), "[DONE]"}), "none");
  EXPECT_THAT(fault_of_stream({chunk_of(R"({"content":"a"})")}), HasSubstr("truncated_stream"));
  EXPECT_THAT(fault_of_stream({}), HasSubstr("truncated_stream"));
}

TEST(ChatStream, what_is_no_chunk_is_malformed_and_an_error_is_one) {
  EXPECT_THAT(fault_of_stream({"{"}), HasSubstr("malformed_response"));
  EXPECT_THAT(fault_of_stream({R"("x")"}), HasSubstr("no JSON object"));
  EXPECT_THAT(fault_of_stream({R"({"choices":1})"}), HasSubstr("choices is no array"));
  EXPECT_THAT(fault_of_stream({chunk_of("7")}), HasSubstr("delta is no object"));
  EXPECT_THAT(fault_of_stream({chunk_of(R"({"tool_calls":[1]})")}), HasSubstr("no object"));
  EXPECT_THAT(fault_of_stream({chunk_of(R"({"content":"a"})"), R"({"error":{"message":"overloaded","code":503}})"}),
              AllOf(HasSubstr("server_error"), HasSubstr("overloaded")));
}

TEST(ChatErrors, the_kind_follows_the_status) {
  const auto kind = [](int status) {
    const ModelError error = errors_of_test().of_status(status, "");
    EXPECT_EQ(error.status(), status);
    return error.kind();
  };
  EXPECT_EQ(kind(400), ModelErrorKind::refused);
  EXPECT_EQ(kind(401), ModelErrorKind::not_authorized);
  EXPECT_EQ(kind(403), ModelErrorKind::not_authorized);
  EXPECT_EQ(kind(404), ModelErrorKind::refused);
  EXPECT_EQ(kind(429), ModelErrorKind::rate_limited);
  EXPECT_EQ(kind(500), ModelErrorKind::server_error);
  EXPECT_EQ(kind(599), ModelErrorKind::server_error);
  EXPECT_EQ(kind(302), ModelErrorKind::malformed_response);
}

TEST(ChatErrors, the_servers_text_is_found_in_every_form) {
  const auto text = [](std::string_view body) { return std::string(errors_of_test().of_status(400, body).what()); };
  EXPECT_THAT(text(R"({"error":{"message":"no such model","type":"x"}})"),
              HasSubstr("answered with 400: no such model"));
  EXPECT_THAT(text(R"({"error":"no such model"})"), HasSubstr("400: no such model"));
  EXPECT_THAT(text(R"({"detail":"no such model"})"), HasSubstr("400: no such model"));
  EXPECT_THAT(text("no such model"), HasSubstr("400: no such model"));
  EXPECT_THAT(text(""), testing::EndsWith("answered with 400"));
}

TEST(ChatErrors, texts_are_short_printable_and_without_the_key) {
  const auto text = [](std::string_view body) { return std::string(errors_of_test().of_status(401, body).what()); };
  EXPECT_EQ(text(std::string("a\n\x1B[31m\0\xFF", 9)),
            "http://model.example/v1/chat/completions answered with 401: a  [31m\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_LT(text(std::string(100'000, 'x')).size(), 600U);
  EXPECT_THAT(text(R"({"error":{"message":"bad key: canary-key, canary-key."}})"),
              AllOf(HasSubstr("bad key: (secret), (secret)."), Not(HasSubstr("canary"))));
  // Also where it would be cut in two.
  EXPECT_THAT(text(std::string(495, 'x') + "canary-key"), Not(HasSubstr("canary")));
  EXPECT_THAT(answer_of(R"({"content":"x"})").id, Not(HasSubstr("canary")));
}

TEST(ChatErrors, a_longer_secret_goes_before_one_that_is_a_part_of_it) {
  const ChatErrors errors("s", {"key", "", "key-two"});
  EXPECT_EQ(errors.clean("key-two key"), "(secret) (secret)");
}

TEST(ChatErrors, a_quota_that_is_used_up_is_told_apart) {
  EXPECT_TRUE(is_out_of_quota(R"({"error":{"message":"pay","code":"insufficient_quota"}})"));
  EXPECT_TRUE(is_out_of_quota(R"({"error":{"message":"pay","type":"insufficient_quota","code":null}})"));
  EXPECT_FALSE(is_out_of_quota(R"({"error":{"message":"wait","code":"rate_limit_exceeded"}})"));
  EXPECT_FALSE(is_out_of_quota("insufficient_quota"));
}

}  // namespace
}  // namespace spark::agents
