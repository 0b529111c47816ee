#include "http/response_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <utility>

#include "http/chunks.h"

namespace spark::http {

namespace {

namespace beast_http = boost::beast::http;

// Nobody sends more of them.
constexpr std::size_t max_interim_responses = 8;

std::string string_of(boost::beast::string_view text) { return std::string(text.data(), text.size()); }

}  // namespace

struct ResponseParser::Parser : beast_http::response_parser<beast_http::string_body> {};

ResponseParser::ResponseParser(std::string_view method, std::size_t header_bytes, std::size_t body_bytes)
    : is_head_(method == "HEAD"), header_bytes_(header_bytes), body_bytes_(body_bytes) {
  begin();
}

ResponseParser::~ResponseParser() = default;

void ResponseParser::begin() {
  parser_ = std::make_unique<Parser>();
  parser_->header_limit(static_cast<std::uint32_t>(header_bytes_));
  parser_->body_limit(body_bytes_);
  parser_->eager(true);
  parser_->skip(is_head_);
}

std::size_t ResponseParser::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (state_ == State::unfinished && taken < bytes.size()) {
    if (is_too_short(*parser_, bytes.size() - taken)) break;
    boost::system::error_code error;
    taken += parser_->put(boost::asio::const_buffer(bytes.data() + taken, bytes.size() - taken), error);
    if (!has_head_ && parser_->is_header_done()) read_head();
    if (error == beast_http::error::need_more) {
      // What the parser takes only as a whole: the headers, a chunk's own, the trailers.
      if (bytes.size() - taken >= header_bytes_) error = beast_http::error::header_limit;
      if (error == beast_http::error::need_more) break;
    }
    if (error) {
      state_ = State::failed;
      is_too_large_ = error == beast_http::error::body_limit;
      problem_ = is_too_large_ ? "it has more than " + std::to_string(body_bytes_) + " bytes" : error.message();
    } else if (parser_->is_done()) {
      finish();
    }
  }
  return taken;
}

void ResponseParser::end() {
  if (state_ != State::unfinished) return;
  boost::system::error_code error;
  if (parser_->got_some()) {
    parser_->put_eof(error);
  } else {
    error = beast_http::error::end_of_stream;
  }
  if (!error && parser_->is_done()) return finish();
  state_ = State::failed;
  problem_ = error ? error.message() : "it ended before its end";
}

void ResponseParser::read_head() {
  const auto& message = parser_->get();
  const auto status = static_cast<int>(message.result_int());
  if (status < 200) return;
  response_.status = status;
  for (const auto& field : message) response_.headers.add(string_of(field.name_string()), string_of(field.value()));
  has_head_ = true;
}

void ResponseParser::finish() {
  const auto status = static_cast<int>(parser_->get().result_int());
  if (status < 200) {
    // 101 would be the answer to a question that is never asked.
    if (status != 101 && ++interim_ <= max_interim_responses) return begin();
    state_ = State::failed;
    problem_ = "it is an interim response, " + std::to_string(status);
    return;
  }
  if (!has_head_) read_head();
  is_keep_alive_ = parser_->keep_alive();
  response_.body = std::move(parser_->get().body());
  state_ = State::done;
}

std::string ResponseParser::take_body() {
  return std::exchange(state_ == State::done ? response_.body : parser_->get().body(), {});
}

}  // namespace spark::http
