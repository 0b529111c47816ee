// What OpenAIModel does when its server fails, and what it never says then.
#include <chrono>

#include "agents/open_ai_fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const char* const busy_body = R"({"error":{"message":"slow down","type":"requests"}})";

class OpenAIFailures : public OpenAITest {
 protected:
  // The delay of the only retry, in seconds.
  double delay_of_retry() {
    const auto events = retries();
    EXPECT_EQ(events.size(), 1U);
    return events.empty() ? -1 : events.front().attributes.at("delay_seconds").as_double();
  }
};

TEST_F(OpenAIFailures, a_busy_server_is_asked_again_when_it_says_so) {
  serve({OpenAIServer::sends(chat_reply(429, busy_body, "retry-after-ms: 30\r\nRetry-After: 50\r\n")),
         OpenAIServer::sends(text_reply("x"))});
  EXPECT_EQ(ask().text, "x");
  EXPECT_EQ(server_->requests().size(), 2U);
  EXPECT_EQ(delay_of_retry(), 0.03);
  EXPECT_THAT(retries().front().attributes.at("reason").as_string(), HasSubstr("answered with 429: slow down"));
  EXPECT_EQ(only_span().attributes.at("http.request.resend_count"), Value(1));
}

TEST_F(OpenAIFailures, a_pause_in_seconds_and_one_until_a_date_are_obeyed) {
  serve({OpenAIServer::sends(chat_reply(503, "", "Retry-After: 0.05\r\n")), OpenAIServer::sends(text_reply("x"))});
  EXPECT_EQ(ask().text, "x");
  EXPECT_EQ(delay_of_retry(), 0.05);
  const char* const dates = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:38 GMT\r\n";
  serve({OpenAIServer::sends(chat_reply(503, "", dates)), OpenAIServer::sends(text_reply("x"))});
  // 61 s are more than it waits.
  EXPECT_THAT(failure(ModelRequest("Why?"), 3), HasSubstr("server_error"));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAIFailures, a_server_that_asks_for_too_long_is_not_asked_again) {
  serve(chat_reply(429, busy_body, "Retry-After: 3600\r\n"));
  EXPECT_THAT(failure(ModelRequest("Why?"), 5), HasSubstr("rate_limited: "));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAIFailures, what_may_pass_is_tried_again_as_often_as_was_asked) {
  for (const int status : {408, 409, 425, 429, 500, 502, 599}) {
    serve(chat_reply(status, ""));
    EXPECT_THAT(failure(ModelRequest("Why?"), 2), HasSubstr("answered with " + std::to_string(status)));
    EXPECT_EQ(server_->requests().size(), 3U) << status;
  }
  for (const int status : {400, 401, 403, 404, 413, 422}) {
    serve(chat_reply(status, ""));
    EXPECT_THAT(failure(ModelRequest("Why?"), 2), HasSubstr("answered with " + std::to_string(status)));
    EXPECT_EQ(server_->requests().size(), 1U) << status;
  }
}

TEST_F(OpenAIFailures, the_server_has_the_last_word_on_trying_again) {
  serve(chat_reply(500, "", "x-should-retry: false\r\n"));
  EXPECT_THAT(failure(ModelRequest("Why?"), 2), HasSubstr("server_error"));
  EXPECT_EQ(server_->requests().size(), 1U);
  serve(chat_reply(400, "", "x-should-retry: true\r\n"));
  EXPECT_THAT(failure(ModelRequest("Why?"), 2), HasSubstr("refused"));
  EXPECT_EQ(server_->requests().size(), 3U);
}

TEST_F(OpenAIFailures, a_quota_that_is_used_up_is_final) {
  serve(chat_reply(429, R"({"error":{"message":"pay","code":"insufficient_quota"}})"));
  EXPECT_THAT(failure(ModelRequest("Why?"), 2), HasSubstr("rate_limited: "));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAIFailures, what_is_no_answer_is_tried_again) {
  serve({OpenAIServer::sends(chat_reply(200, "<html>oops</html>")), OpenAIServer::sends(text_reply("x"))});
  EXPECT_EQ(ask().text, "x");
  serve(chat_reply(200, R"({"choices":)"));
  EXPECT_THAT(failure(), HasSubstr("malformed_response: "));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAIFailures, a_connection_that_breaks_off_is_tried_again) {
  serve({OpenAIServer::breaks_off_after(""),
         OpenAIServer::breaks_off_after("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"),
         OpenAIServer::sends(text_reply("x"))});
  EXPECT_EQ(ask().text, "x");
  EXPECT_THAT(retries(), SizeIs(2));
}

TEST_F(OpenAIFailures, nobody_there_is_unavailable) {
  EXPECT_THAT(failure(ModelRequest("Why?"), 1), HasSubstr("unavailable: cannot connect to 127.0.0.1:1"));
  EXPECT_THAT(retries(), SizeIs(1));
  EXPECT_EQ(only_span().status, SpanStatus::failed);
}

TEST_F(OpenAIFailures, a_server_that_hangs_times_out_and_is_asked_again) {
  serve({OpenAIServer::stands_still_after("")});
  OpenAIModelOptions of_test = options();
  of_test.timeout = 300ms;
  of_test.retries = 1;
  OpenAIModel model(of_test);
  EXPECT_THAT(failure_of(model), HasSubstr("timeout: the call of http://127.0.0.1:"));
  EXPECT_EQ(server_->requests().size(), 2U);
}

TEST_F(OpenAIFailures, a_pause_is_cancelled) {
  serve(chat_reply(429, "", "Retry-After: 50\r\n"));
  OpenAIModel model(options());
  EXPECT_THROW(sync_wait(with_timeout(model.chat(ModelRequest("Why?")), 200ms)), Error);
  EXPECT_EQ(only_span().status, SpanStatus::cancelled);
}

TEST_F(OpenAIFailures, an_answer_of_nothing_is_paid_for) {
  serve(message_reply(R"({"role":"assistant","content":null})", "length"));
  const ModelResponse response = ask();
  EXPECT_EQ(response.text, "");
  EXPECT_EQ(response.finish_reason, "length");
  EXPECT_EQ(only_span().attributes.at("llm.cost"), Value(0.000018));
}

TEST_F(OpenAIFailures, a_response_has_a_longest_size) {
  serve(text_reply(std::string(5'000, 'x')));
  OpenAIModelOptions of_test = options();
  of_test.max_response_bytes = 2'000;
  of_test.retries = 0;
  OpenAIModel model(of_test);
  EXPECT_THAT(failure_of(model), HasSubstr("it has more than 2000 bytes"));
}

// Servers that repeat what they were sent, in all that they say.
TEST_F(OpenAIFailures, the_key_is_nowhere) {
  const std::string echo = R"({"error":{"message":"key canary-5f1d, header canary-6a2e, query canary-7b3f"}})";
  const std::string names =
      R"({"id":"canary-5f1d","model":"canary-6a2e","choices":[{"message":{"content":"x"},"finish_reason":"canary-7b3f"}]})";
  serve({OpenAIServer::sends(chat_reply(429, echo)), OpenAIServer::sends(chat_reply(401, echo)),
         OpenAIServer::sends(chat_reply(400, "no such path: /v1?key=canary-7b3f Bearer canary-5f1d")),
         OpenAIServer::sends(chat_reply(200, echo)), OpenAIServer::sends(chat_reply(200, names)),
         OpenAIServer::sends(stream_head() + event_chunk(echo) + http_chunk("")),
         OpenAIServer::sends(stream_head() + text_chunk("x") + event_chunk(R"({"model":["canary-5f1d"]})")),
         OpenAIServer::breaks_off_after("")});
  OpenAIModelOptions of_test = options();
  of_test.base_url += "?key=canary-7b3f";
  of_test.headers = {{"X-Key", "Bearer canary-6a2e"}};
  of_test.retries = 1;
  of_test.options.capture_content = true;
  OpenAIModel model(of_test);
  std::string said;
  std::vector<std::string> pieces;
  for (int i = 0; i < 3; ++i) said += failure_of(model) + "\n";
  said += failure_of(model, streamed(pieces)) + "\n" + failure_of(model, streamed(pieces)) + "\n";
  said += failure_of(model) + "\n";
  EXPECT_GE(server_->requests().size(), 8U);
  EXPECT_THAT(said, AllOf(HasSubstr("key (secret), header (secret), query (secret)"), Not(HasSubstr("canary"))));
  manager_.flush();
  std::string stored;
  for (const Span& span : manager_.query_spans({.limit = 1'000}).rows) {
    stored += span.name + span.status_message + span.error_type + to_json(span.attributes) + "\n";
  }
  for (const Event& event : manager_.query_events({.limit = 1'000}).rows) {
    stored += event.type + event.name + to_json(event.attributes) + "\n";
  }
  for (const Metric& metric : manager_.query_metrics({.limit = 1'000}).rows) {
    stored += metric.name + to_json(metric.attributes) + "\n";
  }
  for (const Trace& trace : manager_.query_traces({.limit = 1'000}).rows) {
    stored += trace.name + to_json(trace.attributes) + "\n";
  }
  EXPECT_THAT(stored, AllOf(HasSubstr("(secret)"), HasSubstr("retry"), Not(HasSubstr("canary"))));
}

}  // namespace
}  // namespace spark::testing
