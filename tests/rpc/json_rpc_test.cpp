#include "rpc/json_rpc.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spark/base/json.h"

namespace spark::rpc {
namespace {

// What a server answers that gives back the params of each call, as text.
std::string served(std::string_view text, const ProtocolLimits& limits = {}) {
  const Request request = read_request(text, limits);
  std::vector<Answer> answers;
  for (const auto& part : request.parts) {
    Answer answer;
    if (const Refused* const refused = std::get_if<Refused>(&part)) {
      answer.id = refused->id;
      // Without the explanation behind the standard's own words.
      answer.outcome = RpcError(refused->code, refused->message.substr(0, refused->message.find(':')));
    } else {
      const Call& call = std::get<Call>(part);
      if (!call.id) continue;
      answer.id = *call.id;
      answer.outcome = call.params;
    }
    answers.push_back(answer);
  }
  return answers_text(answers, request.is_batch);
}

const std::string parse_error = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}})";
std::string invalid(const std::string& id = "null") {
  return R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":-32600,"message":"Invalid Request"}})";
}

struct ServedCase {
  const char* what;
  std::string request, response;
};

const std::vector<ServedCase>& served_cases() {
  static const std::vector<ServedCase> cases{
      {"params by position", R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})",
       R"({"jsonrpc":"2.0","id":1,"result":[42,23]})"},
      {"params by name", R"({"jsonrpc":"2.0","method":"f","params":{"a":42},"id":"x"})",
       R"({"jsonrpc":"2.0","id":"x","result":{"a":42}})"},
      {"no params", R"({"jsonrpc":"2.0","method":"f","id":2})", R"({"jsonrpc":"2.0","id":2,"result":null})"},
      {"an id that is null is no notification", R"({"jsonrpc":"2.0","method":"f","id":null})",
       R"({"jsonrpc":"2.0","id":null,"result":null})"},
      {"an id that no number here is", R"({"jsonrpc":"2.0","method":"f","id":18446744073709551615})",
       R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid Request"}})"},
      {"an id with a fraction", R"({"jsonrpc":"2.0","method":"f","id":1.5})",
       R"({"jsonrpc":"2.0","id":1.5,"result":null})"},
      {"a notification", R"({"jsonrpc":"2.0","method":"update","params":[1,2]})", ""},
      {"members that nobody knows", R"({"jsonrpc":"2.0","method":"f","id":1,"extra":true})",
       R"({"jsonrpc":"2.0","id":1,"result":null})"},
      {"no JSON", R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])", parse_error},
      {"nothing", "", parse_error},
      {"two documents", "{} {}", parse_error},
      {"no text", "\xFF\xFE", parse_error},
      {"a number", "1", invalid()},
      {"no version", R"({"method":"f","id":3})", invalid("3")},
      {"another version", R"({"jsonrpc":"1.0","method":"f","id":3})", invalid("3")},
      {"a version that is a number", R"({"jsonrpc":2.0,"method":"f","id":3})", invalid("3")},
      {"a method that is no text", R"({"jsonrpc":"2.0","method":1,"params":"bar"})", invalid()},
      {"no method", R"({"jsonrpc":"2.0","id":"a"})", invalid(R"("a")")},
      {"params that are no structure", R"({"jsonrpc":"2.0","method":"f","params":"bar","id":4})", invalid("4")},
      {"params that are null", R"({"jsonrpc":"2.0","method":"f","params":null,"id":4})", invalid("4")},
      {"an id that is an object", R"({"jsonrpc":"2.0","method":"f","id":{}})", invalid()},
      {"an id that is a truth", R"({"jsonrpc":"2.0","method":"f","id":true})", invalid()},
      {"a batch that is no JSON", R"([{"jsonrpc":"2.0","method":"sum","id":"1"},{"jsonrpc":"2.0","method"])",
       parse_error},
      {"an empty batch", "[]", invalid()},
      {"a batch of something else", "[1]", "[" + invalid() + "]"},
      {"a batch of three others", "[1,2,3]", "[" + invalid() + "," + invalid() + "," + invalid() + "]"},
      {"a batch",
       R"([{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":"1"},{"jsonrpc":"2.0","method":"notify","params":[7]},)"
       R"({"foo":"boo"},{"jsonrpc":"2.0","method":"get","id":"9"}])",
       R"([{"jsonrpc":"2.0","id":"1","result":[1,2]},)" + invalid() + R"(,{"jsonrpc":"2.0","id":"9","result":null}])"},
      {"a batch of notifications", R"([{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"b"}])", ""},
      {"a batch within a batch", "[[]]", "[" + invalid() + "]"},
  };
  return cases;
}

TEST(JsonRpc, requests_are_answered_as_the_specification_says) {
  for (const ServedCase& one : served_cases()) EXPECT_EQ(served(one.request), one.response) << one.what;
}

TEST(JsonRpc, a_batch_that_is_too_long_is_refused_as_a_whole) {
  std::string batch = "[";
  for (int i = 0; i < 5; ++i) batch += R"({"jsonrpc":"2.0","method":"f","id":1},)";
  batch.back() = ']';
  ProtocolLimits limits;
  limits.batch = 5;
  EXPECT_FALSE(read_request(batch, limits).parts.empty());
  EXPECT_TRUE(read_request(batch, limits).is_batch);
  limits.batch = 4;
  EXPECT_EQ(served(batch, limits), invalid());
}

TEST(JsonRpc, what_is_nested_too_deep_or_too_long_is_refused) {
  const auto nested = [](std::size_t depth) {
    return R"({"jsonrpc":"2.0","method":"f","id":1,"params":)" + std::string(depth, '[') + std::string(depth, ']') +
           "}";
  };
  ProtocolLimits limits;
  limits.depth = 10;
  EXPECT_EQ(served(nested(10), limits).find("error"), std::string::npos);
  EXPECT_EQ(served(nested(11), limits), parse_error);
  EXPECT_EQ(served("[" + nested(10) + "]", limits).find("error"), std::string::npos);
  EXPECT_EQ(served("\n[" + nested(11) + "]", limits), parse_error);
  EXPECT_EQ(std::get<Refused>(read_request(nested(11), limits).parts[0]).message,
            "Parse error: the params are nested deeper than 10 (max_depth)");
  EXPECT_EQ(served(nested(100'000)), parse_error);
  limits.body_bytes = 20;
  EXPECT_EQ(served(nested(1), limits), parse_error);
}

TEST(JsonRpc, calls_and_answers_come_back_as_they_went) {
  Call call;
  call.method = "a \"quoted\" name";
  call.params = Array{1, 2.5, "three", Object{{"four", nullptr}}};
  call.id = Value("7");
  std::string text;
  append_call(text, call);
  const Request request = read_request(text, {});
  ASSERT_EQ(request.parts.size(), 1U);
  EXPECT_EQ(std::get<Call>(request.parts[0]), call);

  std::vector<Answer> answers(3);
  answers[0].id = "7";
  answers[0].outcome = Value(Object{{"sum", 3}});
  answers[1].id = 8;
  answers[1].outcome = RpcError(-32001, "busy", Object{{"after", 2}});
  answers[2].outcome = RpcError(rpc_code::parse_error, "Parse error");
  const std::vector<Answer> back = read_answers(answers_text(answers, true), {});
  ASSERT_EQ(back.size(), 3U);
  EXPECT_EQ(back[0].id, Value("7"));
  EXPECT_EQ(std::get<Value>(back[0].outcome), Value(Object{{"sum", 3}}));
  const auto& error = std::get<RpcError>(back[1].outcome);
  EXPECT_EQ(error.rpc_code(), -32001);
  EXPECT_STREQ(error.what(), "busy");
  EXPECT_EQ(error.data(), Value(Object{{"after", 2}}));
  EXPECT_TRUE(error.is_remote());
  EXPECT_TRUE(back[2].id.is_null());
}

TEST(JsonRpc, what_is_no_response_is_an_error_that_says_so) {
  const std::vector<std::string> wrong{"",
                                       "<html>",
                                       "1",
                                       "{}",
                                       R"({"jsonrpc":"2.0","result":1})",
                                       R"({"jsonrpc":"2.0","id":1})",
                                       R"({"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"m"}})",
                                       R"({"id":1,"result":1})",
                                       R"({"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"m"}})",
                                       R"({"jsonrpc":"2.0","id":1,"error":"no"})",
                                       R"({"jsonrpc":"2.0","id":[],"result":1})",
                                       R"([{"jsonrpc":"2.0","id":1,"result":1},2])"};
  for (const std::string& text : wrong) {
    try {
      (void)read_answers(text, {});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unavailable) << text;
    }
  }
}

TEST(JsonRpc, an_outcome_of_null_is_one) {
  EXPECT_TRUE(std::get<Value>(read_answers(R"({"jsonrpc":"2.0","id":1,"result":null})", {})[0].outcome).is_null());
  EXPECT_TRUE(
      std::get<Value>(read_answers(R"({"jsonrpc":"2.0","id":1,"result":null,"error":null})", {})[0].outcome).is_null());
  const auto both = read_answers(R"({"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":"m"}})", {});
  EXPECT_EQ(std::get<RpcError>(both[0].outcome).rpc_code(), 1);
}

TEST(JsonRpc, an_id_is_text_for_telemetry) {
  EXPECT_EQ(id_text(Value("req-7")), "req-7");
  EXPECT_EQ(id_text(Value(7)), "7");
  EXPECT_EQ(id_text(Value()), "");
}

}  // namespace
}  // namespace spark::rpc
