// A server of chat completions for tests: it answers each request as the test says, in turn, and keeps them. What an
// answer is made of is plain HTTP, so that it can also break off, stand still, or be no answer at all. One connection
// after the other: a model that keeps one must end before the next one asks.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "otlp/sender_http_server.h"
#include "spark/base/json.h"

namespace spark::testing {

// A body of JSON, with further header lines, each with its "\r\n".
inline std::string chat_reply(int status, std::string_view body, std::string_view headers = {}) {
  return http_answer(status, std::string("Content-Type: application/json\r\n").append(headers), body);
}

// An answer whose choice has this message (JSON) and this reason, with a usage of 12 and 3 tokens.
inline std::string message_reply(const std::string& message, const std::string& finish_reason = "stop") {
  return chat_reply(
      200, R"({"id":"c-1","object":"chat.completion","model":"m-1-2026","choices":[{"index":0,"message":)" + message +
               R"(,"finish_reason":")" + finish_reason +
               R"("}],"usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}})");
}
inline std::string text_reply(const std::string& text) {
  return message_reply(R"({"role":"assistant","content":)" + to_json(Value(text)) + "}");
}

// The pieces of a streamed answer.
inline std::string stream_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n";
}
inline std::string http_chunk(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string size;
  for (std::size_t rest = bytes.size(); rest > 0 || size.empty(); rest /= 16) size.insert(0, 1, digits[rest % 16]);
  return size.append("\r\n").append(bytes).append("\r\n");
}
inline std::string event_chunk(const std::string& data) { return http_chunk("data: " + data + "\n\n"); }
inline std::string delta_chunk(const std::string& delta, const std::string& finish_reason = "null") {
  return event_chunk(
      R"({"id":"c-1","object":"chat.completion.chunk","model":"m-1-2026","choices":[{"index":0,"delta":)" + delta +
      R"(,"finish_reason":)" + finish_reason + "}]}");
}
inline std::string text_chunk(const std::string& text) {
  return delta_chunk(R"({"content":)" + to_json(Value(text)) + "}");
}
inline std::string usage_chunk() {
  return event_chunk(R"({"id":"c-1","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":3}})");
}
inline std::string stream_end() { return event_chunk("[DONE]") + http_chunk(""); }

class OpenAIServer {
 public:
  // In turn; the last one for all that follow. The connection stays open after a text.
  using Reply = HttpServer::Answer;
  explicit OpenAIServer(std::vector<Reply> replies)
      : replies_(std::move(replies)), server_([this](const HttpConnection& connection, const HttpRequest& request) {
          const std::size_t number = std::min(next_++, replies_.size() - 1);
          return replies_[number](connection, request);
        }) {}
  static Reply sends(std::string bytes) {
    return [bytes = std::move(bytes)](const HttpConnection& connection, const HttpRequest&) {
      return connection.send(bytes);
    };
  }
  // And then says nothing more until the client goes away.
  static Reply stands_still_after(std::string bytes) {
    return [bytes = std::move(bytes)](const HttpConnection& connection, const HttpRequest&) {
      connection.send(bytes);
      connection.wait_for_end();
      return false;
    };
  }
  static Reply breaks_off_after(std::string bytes) {
    return [bytes = std::move(bytes)](const HttpConnection& connection, const HttpRequest&) {
      connection.send(bytes);
      return false;
    };
  }

  [[nodiscard]] std::string base_url() const { return server_.url() + "/v1"; }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] std::vector<HttpRequest> requests() const { return server_.requests(); }
  // The body of a request, by its number from 0.
  [[nodiscard]] Value body(std::size_t number) const { return parse_json(server_.requests().at(number).body); }

 private:
  const std::vector<Reply> replies_;
  std::size_t next_ = 0;  // used by the server's thread
  HttpServer server_;
};

}  // namespace spark::testing
