#include "http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/optional/optional.hpp>
#include <boost/system/errc.hpp>
#include <cstdint>
#include <optional>

#include "http/chunks.h"

namespace spark::http {

namespace {

namespace beast_http = boost::beast::http;
using boost::system::error_code;

// Beast's idea of a body: a string that grows by a lease.
struct LeasedBody {
  struct value_type {
    std::string text = {};
    BodyLease* lease = nullptr;
  };

  class reader {
   public:
    template <bool is_request, class Fields>
    reader(beast_http::header<is_request, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& length, error_code& error) {
      error = {};
      if (length) body_.lease->expect(static_cast<std::size_t>(*length));
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t size = 0;
      for (const boost::asio::const_buffer buffer : boost::beast::buffers_range_ref(buffers)) {
        const std::string_view bytes(static_cast<const char*>(buffer.data()), buffer.size());
        if (!body_.lease->append(body_.text, bytes)) {
          error = boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
          return size;
        }
        size += bytes.size();
      }
      return size;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

// Blank lines before a request that are passed over; some clients send one after a body.
constexpr std::size_t max_blank_bytes = 4;

std::string to_string(boost::beast::string_view text) { return std::string(text.data(), text.size()); }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Whether a request line is well formed, but of a version of HTTP that is neither 1.0 nor 1.1.
bool has_other_version(std::string_view line) noexcept {
  if (std::count(line.begin(), line.end(), ' ') != 2) return false;
  const std::string_view version = line.substr(line.rfind(' ') + 1);
  return version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

int status_of(const error_code& error, std::string_view bytes) noexcept {
  if (error == beast_http::error::header_limit) return 431;
  if (error == beast_http::error::body_limit) return 413;
  if (error == boost::system::errc::not_enough_memory) return 503;
  if (error == beast_http::error::bad_version) {
    return has_other_version(bytes.substr(0, bytes.find_first_of("\r\n"))) ? 505 : 400;
  }
  return 400;
}

bool is_valid_target(std::string_view method, std::string_view target) noexcept {
  if (target.empty()) return false;
  if (target.front() == '/') return true;
  if (target == "*") return method == "OPTIONS";
  const std::size_t scheme = target.find("://");
  return scheme != std::string_view::npos && (equal_without_case(target.substr(0, scheme), "http") ||
                                              equal_without_case(target.substr(0, scheme), "https"));
}

}  // namespace

struct RequestParser::Parser : beast_http::request_parser<LeasedBody> {};

RequestParser::RequestParser(const ServerLimits& limits, BodyBudget& budget)
    : limits_(limits), budget_(budget), lease_(budget), parser_(std::make_unique<Parser>()) {
  parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser_->body_limit(limits.body_bytes);
  parser_->eager(false);
  parser_->get().body().lease = &lease_;
}

RequestParser::~RequestParser() = default;

void RequestParser::fail(int status) noexcept {
  state_ = State::failed;
  status_ = status;
}

std::size_t RequestParser::take(std::string_view bytes) {
  std::size_t taken = 0;
  if (state_ == State::head && head_bytes_ == 0) {
    while (blank_bytes_ < max_blank_bytes && bytes.substr(taken, 2) == "\r\n") {
      taken += 2;
      blank_bytes_ += 2;
    }
    if (bytes.substr(taken) == "\r") return taken;
  }
  while (taken < bytes.size() && (state_ == State::head || state_ == State::body)) {
    const std::string_view rest = bytes.substr(taken);
    if (is_too_short(*parser_, rest.size())) break;
    error_code error;
    const std::size_t size = parser_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    taken += size;
    const bool was_in_head = state_ == State::head;
    if (was_in_head) head_bytes_ += size;
    if (error == beast_http::error::need_more) {
      need_more(bytes.size() - taken);
      break;
    }
    if (error) {
      // Found behind the last header: who refuses the request may look at them.
      if (was_in_head && error == beast_http::error::body_limit) copy_head();
      fail(status_of(error, rest));
    } else if (was_in_head) {
      finish_head();
      break;
    } else if (parser_->is_done()) {
      finish();
    }
  }
  return taken;
}

// What the parser cannot take piece by piece is waited for as a whole: the headers, a chunk's own, the trailers.
void RequestParser::need_more(std::size_t waiting) noexcept {
  const std::size_t of_head = state_ == State::head ? head_bytes_ : 0;
  if (of_head + waiting >= limits_.header_bytes) fail(431);
}

void RequestParser::copy_head() {
  const auto& message = parser_->get();
  request_.method = to_string(message.method_string());
  request_.target = to_string(message.target());
  request_.minor_version = static_cast<int>(message.version() % 10);
  for (const auto& field : message) request_.headers.add(to_string(field.name_string()), to_string(field.value()));
}

void RequestParser::finish_head() {
  copy_head();
  is_keep_alive_ = parser_->keep_alive();
  if (const int status = refusal_of_head(); status != 0) return fail(status);
  state_ = State::body;
  if (parser_->is_done()) finish();
}

int RequestParser::refusal_of_head() {
  if (head_bytes_ > limits_.header_bytes) return 431;
  const std::size_t hosts = request_.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && request_.minor_version != 0)) return 400;
  if (!is_valid_target(request_.method, request_.target)) return 400;
  if (const int status = refusal_of_transfer_encoding(); status != 0) return status;
  if (const auto expected = request_.header("Expect"); expected && request_.minor_version != 0) {
    if (!equal_without_case(*expected, "100-continue")) return 417;
    expects_continue_ = !parser_->is_done();
  }
  // Said before the client sends it all in vain. Nothing is reserved for a promise.
  const auto length = parser_->content_length();
  if (length && !budget_.has_room_for(static_cast<std::size_t>(*length))) return 503;
  return 0;
}

// Beast takes a body in an encoding it does not know for no body: what follows would pass for the next request.
int RequestParser::refusal_of_transfer_encoding() const {
  const std::size_t count = request_.headers.count("Transfer-Encoding");
  if (count == 0) return 0;
  if (count > 1 || request_.minor_version == 0) return 400;
  const std::string_view encoding = *request_.header("Transfer-Encoding");
  if (equal_without_case(encoding, "chunked")) return 0;
  // Without chunked as the last one nobody could say where such a body ends.
  const std::size_t comma = encoding.rfind(',');
  std::string_view last = comma == std::string_view::npos ? encoding : encoding.substr(comma + 1);
  last.remove_prefix(std::min(last.find_first_not_of(" \t"), last.size()));
  return equal_without_case(last, "chunked") || comma == std::string_view::npos ? 501 : 400;
}

void RequestParser::finish() {
  request_.body = std::move(parser_->get().body().text);
  state_ = State::done;
}

}  // namespace spark::http
