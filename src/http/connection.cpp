#include "http/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "async/time_after.h"
#include "spark/async/cancellation.h"
#include "spark/base/error.h"

namespace spark::http {

namespace {

using boost::system::error_code;
using std::chrono::nanoseconds;

// Of one read: what most requests need as a whole, and what is worth a system call of a long body.
constexpr std::size_t read_of_head = 4 << 10, read_of_body = 64 << 10;
// A body as long as this goes out in one piece with its headers.
constexpr std::size_t short_body = 16 << 10;

std::string_view view_of(const boost::beast::flat_buffer& buffer) noexcept {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

std::string what_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "something that is no std::exception was thrown";
  }
}

// What passes by itself is worth another try of the client's.
int status_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::bad_alloc&) {
    return 503;
  } catch (const Error& error) {
    return error.code() == ErrorCode::unavailable ? 503 : 500;
  } catch (...) {
    return 500;
  }
}

}  // namespace

Connection::Connection(Shared& shared, boost::asio::ip::tcp::socket socket, std::string peer)
    : shared_(shared),
      stream_(std::move(socket), shared.tls ? &*shared.tls : nullptr),
      peer_(std::move(peer)),
      buffer_(shared.options.limits.header_bytes + read_of_body) {}

void Connection::enter(Phase phase, Seconds allowed) noexcept {
  const nanoseconds now = system_clock().steady_now();
  interruption_ = Interruption::none;
  // Never late in between, for who looks from outside.
  deadline_ = never;
  allowed_ = detail::time_after(nanoseconds(0), allowed).count();
  phase_ = phase;
  if (phase != Phase::handling) deadline_ = detail::time_after(now, allowed).count();
}

// What goes over gives back the time that it may take, up to the whole. So a first part that goes over at once, into
// the system's buffers for example, is no credit for later.
void Connection::moved(std::size_t bytes) noexcept {
  const auto rate = static_cast<double>(shared_.options.limits.min_bytes_per_second);
  const nanoseconds more = detail::time_after(nanoseconds(0), Seconds(static_cast<double>(bytes) / rate));
  const std::int64_t most = system_clock().steady_now().count() + allowed_;
  const std::int64_t deadline = deadline_;
  deadline_ = std::min(most, std::min(deadline, most) + std::min(more.count(), allowed_.load()));
}

double Connection::used_part(nanoseconds now) const noexcept {
  const std::int64_t deadline = deadline_, allowed = allowed_;
  if (deadline == never || allowed == 0) return 0;
  const double part = 1 - static_cast<double>(deadline - now.count()) / static_cast<double>(allowed);
  return phase_ == Phase::idle ? std::max(part, evictable_part) : part;
}

bool Connection::has_request() const noexcept {
  const Phase phase = phase_;
  return phase == Phase::head || phase == Phase::body || phase == Phase::handling || phase == Phase::writing;
}

void Connection::end_if_late(nanoseconds now) {
  if (now.count() < deadline_ || phase_ == Phase::starting) return;
  boost::asio::post(executor_, [self = shared_from_this()] { self->interrupt(Interruption::late); });
}

void Connection::end_if_idle() {
  // One that has not started finds out by itself.
  if (phase_ == Phase::starting) return;
  boost::asio::post(executor_, [self = shared_from_this()] { self->interrupt(Interruption::stop); });
}

void Connection::end_for_another() {
  boost::asio::post(executor_, [self = shared_from_this()] { self->interrupt(Interruption::evicted); });
}

// In the connection's chain: what the task waits for is what the phase says.
void Connection::interrupt(Interruption why) {
  if (why == Interruption::late && system_clock().steady_now().count() < deadline_) return;
  if (why == Interruption::stop && has_request()) return;
  if (why == Interruption::evicted) {
    is_last_request_ = true;
    // What it was chosen for may be over.
    if (used_part(system_clock().steady_now()) < evictable_part) return;
  }
  if (phase_ == Phase::handling) return;
  interruption_ = why;
  stream_.cancel();
}

Task<void> Connection::run() {
  executor_ = co_await boost::asio::this_coro::executor;
  try {
    co_await serve();
  } catch (...) {
    if (!is_cancelled()) {
      shared_.counters.add(&Stats::server_errors);
      shared_.report("the connection of " + peer_ + " ended: " + what_of(std::current_exception()));
    }
  }
  stream_.close();
}

Task<void> Connection::serve() {
  if (stream_.is_encrypted()) {
    const bool is_safe = co_await shake_hands();
    if (!is_safe) co_return;
  }
  Next next = co_await serve_request(true);
  while (next == Next::request) next = co_await serve_request(false);
  if (next == Next::linger) co_await linger();
}

Task<bool> Connection::shake_hands() {
  enter(Phase::handshake, shared_.options.limits.handshake_timeout);
  if (shared_.is_stopping) co_return false;
  error_code error;
  co_await stream_.handshake(error);
  if (!error) co_return true;
  if (interruption_ == Interruption::late) {
    shared_.counters.add(&Stats::handshake_timeouts);
  } else if (interruption_ == Interruption::none && !is_cancelled()) {
    shared_.counters.add(&Stats::handshakes_failed);
    shared_.report("the TLS handshake with " + peer_ + " failed: " + error.message());
  }
  co_return false;
}

Task<Connection::Next> Connection::serve_request(bool is_first) {
  const ServerLimits& limits = shared_.options.limits;
  if (buffer_.size() == 0) {
    buffer_.shrink_to_fit();
    enter(is_first ? Phase::fresh : Phase::idle, is_first ? limits.header_timeout : limits.idle_timeout);
    // After the phase is known: a stop that comes later sees it.
    if (shared_.is_stopping) co_return Next::close;
  } else {
    enter(Phase::head, limits.header_timeout);
  }
  std::optional<RequestParser> parser(std::in_place, limits, shared_.budget);
  const bool is_read = co_await read_request(*parser);
  if (!is_read || parser->state() == RequestParser::State::failed) {
    const int status = parser->status();
    const Request request = std::move(parser->request());
    // The memory of its body is for others.
    parser.reset();
    if (is_read) co_return co_await refuse(status, request);
    co_return co_await end_of_reading(request);
  }

  Request& request = parser->request();
  const std::string method = request.method;
  request.peer = peer_;
  request.is_encrypted = stream_.is_encrypted();
  shared_.counters.add(&Stats::requests);
  enter(Phase::handling, Seconds(0));
  const Response response = co_await answer(request);
  const bool stays =
      parser->is_keep_alive() && !response.closes_connection && !shared_.is_stopping && !is_last_request_;
  const After kept = request.minor_version == 0 ? After::keep_alive_1_0 : After::keep_alive;
  // Before the answer is written, which a slow client may draw out.
  parser.reset();
  const bool is_sent = co_await send(response, method, stays ? kept : After::close);
  if (!is_sent) co_return Next::close;
  co_return stays ? Next::request : Next::linger;
}

// False if the connection ended, or was ended, before the request was read or refused.
Task<bool> Connection::read_request(RequestParser& parser) {
  bool goes_on = co_await read_while(parser, RequestParser::State::head);
  if (!goes_on || parser.state() != RequestParser::State::body) co_return goes_on;
  if (parser.expects_continue() && buffer_.size() == 0) {
    enter(Phase::writing, shared_.options.limits.write_timeout);
    goes_on = co_await send_bytes(continue_line);
    if (!goes_on) co_return false;
  }
  enter(Phase::body, shared_.options.limits.body_timeout);
  co_return co_await read_while(parser, RequestParser::State::body);
}

Task<bool> Connection::read_while(RequestParser& parser, RequestParser::State state) {
  for (;;) {
    buffer_.consume(parser.take(view_of(buffer_)));
    if (parser.state() != state) co_return true;
    if (interruption_ == Interruption::evicted) co_return false;
    const bool got_some = co_await read_more();
    if (!got_some) co_return false;
  }
}

Task<bool> Connection::read_more() {
  const std::size_t most = phase_ == Phase::body ? read_of_body : read_of_head;
  for (;;) {
    error_code error;
    const auto space = buffer_.prepare(std::min(most, buffer_.max_size() - buffer_.size()));
    const std::size_t size = co_await stream_.read_some(space, error);
    if (!error) {
      buffer_.commit(size);
      shared_.counters.add(&Stats::bytes_received, size);
      if (phase_ == Phase::fresh || phase_ == Phase::idle) enter(Phase::head, shared_.options.limits.header_timeout);
      if (phase_ == Phase::body) moved(size);
      co_return true;
    }
    // A request that is on its way when the connection is ended before it is one that is under way.
    const bool is_between = phase_ == Phase::fresh || phase_ == Phase::idle;
    const bool may_be_coming =
        interruption_ == Interruption::stop || (interruption_ == Interruption::evicted && is_between);
    if (!may_be_coming || !stream_.has_bytes_waiting()) co_return false;
    enter(Phase::head, shared_.options.limits.header_timeout);
  }
}

// A client that is late with a request is told; one that went away, or has sent nothing at all, is not.
Task<Connection::Next> Connection::end_of_reading(const Request& request) {
  if (interruption_ != Interruption::late) co_return Next::close;
  const Phase phase = phase_;
  if (phase == Phase::body) {
    shared_.counters.add(&Stats::body_timeouts);
  } else if (phase == Phase::head || phase == Phase::fresh) {
    shared_.counters.add(&Stats::header_timeouts);
  } else if (phase == Phase::idle) {
    shared_.counters.add(&Stats::idle_timeouts);
  }
  if (phase != Phase::head && phase != Phase::body) co_return Next::close;
  co_return co_await refuse(408, request);
}

Task<Response> Connection::answer(const Request& request) {
  int status = 500;
  std::string problem;
  try {
    Response response = co_await shared_.handler(request);
    problem = problem_of(response);
    if (problem.empty()) co_return response;
  } catch (...) {
    if (is_cancelled()) throw;
    status = status_of(std::current_exception());
    problem = what_of(std::current_exception());
  }
  shared_.counters.add(&Stats::handler_errors);
  // Without the query, in which some clients put their keys.
  shared_.report("the handler of " + request.method + " " + std::string(request.path()) + " failed: " + problem);
  co_return refusal(status, request);
}

Response Connection::refusal(int status, const Request& request) const {
  Response response = status_response(status);
  if (shared_.options.refusal) {
    try {
      Response own = shared_.options.refusal(status, request);
      if (problem_of(own).empty()) response = std::move(own);
    } catch (...) {
      // As ServerOptions says.
    }
  }
  if (response.status == 503 && !response.headers.find("Retry-After")) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(shared_.options.limits.retry_after);
    response.headers.add("Retry-After", std::to_string(seconds.count()));
  }
  return response;
}

Task<Connection::Next> Connection::refuse(int status, const Request& request) {
  if (status == 431) {
    shared_.counters.add(&Stats::headers_too_large);
  } else if (status == 413) {
    shared_.counters.add(&Stats::bodies_too_large);
  } else if (status == 503) {
    shared_.counters.add(&Stats::memory_refused);
  } else if (status != 408) {
    shared_.counters.add(&Stats::bad_requests);
  }
  const Response response = refusal(status, request);
  const bool is_sent = co_await send(response, request.method, After::close);
  co_return is_sent ? Next::linger : Next::close;
}

Task<bool> Connection::send(const Response& response, std::string_view method, After after) {
  enter(Phase::writing, shared_.options.limits.write_timeout);
  std::string head = head_of(response, system_clock().wall_now(), after);
  const bool with_body = has_body(response, method);
  const bool is_short = response.body.size() <= short_body;
  if (with_body && is_short) head += response.body;
  bool goes_on = co_await send_bytes(head);
  if (goes_on && with_body && !is_short) goes_on = co_await send_bytes(response.body);
  if (goes_on) shared_.counters.add(&Stats::responses);
  co_return goes_on;
}

Task<bool> Connection::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    error_code error;
    const std::size_t size = co_await stream_.write_some(boost::asio::buffer(bytes), error);
    if (error) {
      if (interruption_ == Interruption::late) shared_.counters.add(&Stats::write_timeouts);
      co_return false;
    }
    shared_.counters.add(&Stats::bytes_sent, size);
    moved(size);
    bytes.remove_prefix(size);
    if (interruption_ == Interruption::evicted && !bytes.empty()) co_return false;
  }
  co_return true;
}

// The client has its last answer. Until it has closed its end too, what it sends is read and forgotten: bytes that
// arrive at a closed socket make the system reset the connection, and the client lose what it has not read yet.
Task<void> Connection::linger() {
  enter(Phase::lingering, shared_.options.limits.linger_timeout);
  error_code error;
  if (stream_.is_encrypted()) co_await stream_.say_goodbye(error);
  if (interruption_ != Interruption::none) co_return;
  stream_.end_sending();
  buffer_.clear();
  error = {};
  while (!error && interruption_ == Interruption::none) {
    const auto space = buffer_.prepare(read_of_head);
    static_cast<void>(co_await stream_.read_raw(space, error));
  }
}

}  // namespace spark::http
