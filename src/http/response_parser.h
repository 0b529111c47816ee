// ResponseParser makes a Response of bytes, as far as they have come: a whole one at its end, or piece by piece. It
// does no input or output. Made for one response, used by one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/message.h"

namespace spark::http {

class ResponseParser {
 public:
  enum class State { unfinished, done, failed };

  ResponseParser(std::string_view method, std::size_t header_bytes, std::size_t body_bytes);
  ~ResponseParser();
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  // Takes bytes from the front and says how many; the others, with more behind them, are for the next call. Interim
  // responses (100) are passed over.
  [[nodiscard]] std::size_t take(std::string_view bytes);
  // The server has closed its side: the end of a response that has no other.
  void end();

  [[nodiscard]] State state() const noexcept { return state_; }
  // Why it failed.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  // It failed because its body is too large.
  [[nodiscard]] bool is_too_large() const noexcept { return is_too_large_; }
  // Of a response that is done: the connection may carry another request.
  [[nodiscard]] bool is_keep_alive() const noexcept { return is_keep_alive_; }
  // The status and the headers are there; the body is there once it is done.
  [[nodiscard]] bool has_head() const noexcept { return has_head_; }
  [[nodiscard]] Response& response() noexcept { return response_; }
  // What has come of the body and was not taken before. What is taken so is missing in response().
  [[nodiscard]] std::string take_body();

 private:
  struct Parser;

  void begin();
  void read_head();
  void finish();

  const bool is_head_;
  const std::size_t header_bytes_, body_bytes_;
  std::unique_ptr<Parser> parser_;
  State state_ = State::unfinished;
  std::string problem_;
  bool is_too_large_ = false;
  bool has_head_ = false;
  bool is_keep_alive_ = false;
  std::size_t interim_ = 0;
  Response response_;
};

}  // namespace spark::http
