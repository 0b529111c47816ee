// Answers that OpenAIModel reads as they come.
#include <chrono>
#include <future>
#include <stdexcept>

#include "agents/open_ai_fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OpenAIStreams : public OpenAITest {};

TEST_F(OpenAIStreams, pieces_are_told_and_the_answer_is_whole) {
  serve(stream_head() + delta_chunk(R"({"role":"assistant","content":""})") + text_chunk("Be") + text_chunk("cause.") +
        delta_chunk("{}", R"("stop")") + usage_chunk() + stream_end());
  std::vector<std::string> pieces;
  OpenAIModel model(options());
  const ModelResponse response = ask(model, streamed(pieces));
  EXPECT_THAT(pieces, ElementsAre("Be", "cause."));
  EXPECT_EQ(response.text, "Because.");
  EXPECT_EQ(response.finish_reason, "stop");
  EXPECT_EQ(response.usage.value_or(TokenUsage()).input_tokens, 12);
  EXPECT_EQ(model.idle_connections(), 1U);
  EXPECT_EQ(server_->body(0).as_object().at("stream"), Value(true));
  EXPECT_TRUE(only_span().attributes.contains("gen_ai.response.time_to_first_chunk"));
}

TEST_F(OpenAIStreams, a_piece_is_told_before_the_next_one_is_sent) {
  std::promise<void> told;
  serve({[&told](const HttpConnection& connection, const HttpRequest&) {
    connection.send(stream_head() + text_chunk("first"));
    told.get_future().wait();
    return connection.send(text_chunk(" second") + stream_end());
  }});
  ModelRequest request("x");
  request.on_text = [&told](std::string_view text) {
    if (text == "first") told.set_value();
  };
  EXPECT_EQ(ask(request).text, "first second");
}

TEST_F(OpenAIStreams, it_may_be_cut_anywhere) {
  const std::string whole = stream_head() + text_chunk("Grüezi") + delta_chunk("{}", R"("stop")") + stream_end();
  serve({[&whole](const HttpConnection& connection, const HttpRequest&) {
    for (const char byte : whole) {
      if (!connection.send(std::string_view(&byte, 1))) return false;
    }
    return true;
  }});
  std::vector<std::string> pieces;
  EXPECT_EQ(ask(streamed(pieces)).text, "Grüezi");
  EXPECT_THAT(pieces, ElementsAre("Grüezi"));
}

TEST_F(OpenAIStreams, a_tool_call_comes_in_pieces) {
  serve(stream_head() +
        delta_chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]})") +
        delta_chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]})") +
        delta_chunk("{}", R"("tool_calls")") + stream_end());
  std::vector<std::string> pieces;
  EXPECT_THAT(ask(streamed(pieces)).tool_calls, ElementsAre(ToolCall("a", "f", R"({"x":1})")));
  EXPECT_THAT(pieces, IsEmpty());
}

TEST_F(OpenAIStreams, a_server_that_does_not_stream_is_told_in_one_piece) {
  serve(text_reply("Because."));
  std::vector<std::string> pieces;
  EXPECT_EQ(ask(streamed(pieces)).text, "Because.");
  EXPECT_THAT(pieces, ElementsAre("Because."));
}

TEST_F(OpenAIStreams, one_that_breaks_off_is_truncated_and_not_tried_again) {
  serve({OpenAIServer::breaks_off_after(stream_head() + text_chunk("Be"))});
  std::vector<std::string> pieces;
  EXPECT_THAT(failure(streamed(pieces), 3), HasSubstr("truncated_stream: "));
  EXPECT_EQ(server_->requests().size(), 1U);
  EXPECT_THAT(pieces, ElementsAre("Be"));
  EXPECT_EQ(only_span().status, SpanStatus::failed);
}

TEST_F(OpenAIStreams, one_that_ends_without_its_end_is_truncated_too) {
  serve(stream_head() + text_chunk("Be") + http_chunk(""));
  std::vector<std::string> pieces;
  EXPECT_THAT(failure(streamed(pieces)), HasSubstr("truncated_stream: "));
}

TEST_F(OpenAIStreams, one_that_broke_off_before_a_text_is_tried_again) {
  serve({OpenAIServer::breaks_off_after(stream_head() + delta_chunk(R"({"role":"assistant"})")),
         OpenAIServer::sends(stream_head() + text_chunk("x") + stream_end())});
  std::vector<std::string> pieces;
  EXPECT_EQ(ask(streamed(pieces)).text, "x");
  EXPECT_EQ(server_->requests().size(), 2U);
  EXPECT_EQ(only_span().attributes.at("http.request.resend_count"), Value(1));
}

TEST_F(OpenAIStreams, one_that_stands_still_times_out) {
  serve({OpenAIServer::stands_still_after(stream_head() + text_chunk("Be"))});
  OpenAIModelOptions of_test = options();
  of_test.stream_idle_timeout = 30ms;
  OpenAIModel model(of_test);
  std::vector<std::string> pieces;
  EXPECT_THAT(failure_of(model, streamed(pieces)), HasSubstr("timeout: the wait for more of the stream of http://127"));
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAIStreams, an_error_in_a_stream_ends_it) {
  serve(stream_head() + text_chunk("Be") + event_chunk(R"({"error":{"message":"overloaded canary-5f1d"}})"));
  std::vector<std::string> pieces;
  EXPECT_THAT(failure(streamed(pieces)), HasSubstr("broke off with an error: overloaded (secret)"));
}

TEST_F(OpenAIStreams, a_chunk_that_is_no_json_is_malformed) {
  serve(stream_head() + text_chunk("Be") + event_chunk("{nonsense"));
  std::vector<std::string> pieces;
  EXPECT_THAT(failure(streamed(pieces)), HasSubstr("malformed_response: "));
}

TEST_F(OpenAIStreams, what_on_text_throws_ends_the_call_and_is_not_tried_again) {
  serve(stream_head() + text_chunk("Be") + text_chunk("cause.") + stream_end());
  OpenAIModel model(options());
  ModelRequest request("x");
  int told = 0;
  request.on_text = [&told](std::string_view) {
    ++told;
    throw Error(ErrorCode::unavailable, "the reader has left");
  };
  EXPECT_EQ(failure_of(model, request), "unavailable: the reader has left");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(server_->requests().size(), 1U);
}

TEST_F(OpenAIStreams, it_is_cancelled_between_two_pieces) {
  serve({OpenAIServer::stands_still_after(stream_head() + text_chunk("Be"))});
  OpenAIModel model(options());
  std::stop_source stop;
  ModelRequest request("x");
  request.on_text = [&stop](std::string_view) { stop.request_stop(); };
  try {
    sync_wait(with_stop_token(model.chat(request), stop.get_token()));
    ADD_FAILURE() << "it was not cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::cancelled);
  }
  EXPECT_EQ(only_span().status, SpanStatus::cancelled);
  EXPECT_EQ(model.idle_connections(), 0U);
  EXPECT_EQ(server_->requests().size(), 1U);
}

}  // namespace
}  // namespace spark::testing
