// RequestParser makes a Request of bytes, as far as they have come, and knows what must be refused and with which
// status. It does no input or output. Made for one request on one connection, used by one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/body_budget.h"
#include "http/message.h"
#include "http/options.h"

namespace spark::http {

class RequestParser {
 public:
  enum class State {
    head,    // the headers are not complete
    body,    // the headers are, the body is not
    done,    // it is all there
    failed,  // it is to be answered with status(), and nothing after it on the connection means anything
  };

  // Both must outlive the parser.
  RequestParser(const ServerLimits& limits, BodyBudget& budget);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front and says how many; the others, with more behind them, are for the next call. Stops at
  // the end of the headers and at the end of the request.
  [[nodiscard]] std::size_t take(std::string_view bytes);

  [[nodiscard]] State state() const noexcept { return state_; }
  // Why it failed: 400, 413, 417, 431, 501, 503 or 505.
  [[nodiscard]] int status() const noexcept { return status_; }
  // The client waits for a word before it sends the body.
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
  // The client would send another request on this connection. Of a request that is done.
  [[nodiscard]] bool is_keep_alive() const noexcept { return is_keep_alive_; }
  // Complete when it is done; without the body before.
  [[nodiscard]] Request& request() noexcept { return request_; }

 private:
  struct Parser;

  void fail(int status) noexcept;
  void need_more(std::size_t waiting) noexcept;
  void copy_head();
  void finish_head();
  void finish();
  [[nodiscard]] int refusal_of_head();
  [[nodiscard]] int refusal_of_transfer_encoding() const;

  const ServerLimits& limits_;
  BodyBudget& budget_;
  BodyLease lease_;
  std::unique_ptr<Parser> parser_;
  State state_ = State::head;
  int status_ = 0;
  std::size_t head_bytes_ = 0;
  std::size_t blank_bytes_ = 0;  // before the request
  bool expects_continue_ = false;
  bool is_keep_alive_ = false;
  Request request_;
};

}  // namespace spark::http
