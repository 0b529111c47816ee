// Connection serves one client: it reads requests one after the other, has them answered, and keeps to the time limits.
//
// Owned by the server's list and by the task that serves it. It knows which phase it is in and until when that may
// last; the server's sweep looks at that from outside and ends what is late. Such an end is posted to the connection's
// own chain, so nothing here runs beside anything else; what may be called from any thread says so.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/request_parser.h"
#include "http/response_writer.h"
#include "http/shared.h"
#include "http/stream.h"
#include "spark/async/task.h"

namespace spark::http {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Shared& shared, boost::asio::ip::tcp::socket socket, std::string peer);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves requests until the connection is over, and closes it. Awaited once.
  [[nodiscard]] Task<void> run();

  // A connection that has used a larger part of its time may be closed for another one.
  static constexpr double evictable_part = 0.1;
  // The part that the client has used of the time it may take for what it does now: 0 at its beginning, while a body
  // comes fast enough and while the handler works, 1 when it is late. Between two requests it is always evictable: HTTP
  // lets a server close then. From any thread.
  [[nodiscard]] double used_part(std::chrono::nanoseconds now) const noexcept;
  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }
  // Whether a request has begun to come and is not answered. From any thread.
  [[nodiscard]] bool has_request() const noexcept;
  // From any thread, while the executor lives.
  void end_if_late(std::chrono::nanoseconds now);
  // As above; for a server that stops, and has said so in Shared.
  void end_if_idle();
  // As above; for one that was evictable a moment ago. A request that is whole by now, or whose first bytes have come,
  // gets its answer, and the connection ends behind that. Throws std::bad_alloc; then nothing has changed.
  void end_for_another();

 private:
  enum class Phase : std::uint8_t { starting, handshake, fresh, idle, head, body, handling, writing, lingering };
  enum class Interruption : std::uint8_t { none, late, stop, evicted };
  enum class Next { request, linger, close };

  void enter(Phase phase, Seconds allowed) noexcept;
  void moved(std::size_t bytes) noexcept;
  void interrupt(Interruption why);

  [[nodiscard]] Task<void> serve();
  [[nodiscard]] Task<bool> shake_hands();
  [[nodiscard]] Task<Next> serve_request(bool is_first);
  [[nodiscard]] Task<bool> read_request(RequestParser& parser);
  [[nodiscard]] Task<bool> read_while(RequestParser& parser, RequestParser::State state);
  [[nodiscard]] Task<bool> read_more();
  [[nodiscard]] Task<Next> end_of_reading(const Request& request);
  [[nodiscard]] Task<Response> answer(const Request& request);
  [[nodiscard]] Task<Next> refuse(int status, const Request& request);
  [[nodiscard]] Response refusal(int status, const Request& request) const;
  [[nodiscard]] Task<bool> send(const Response& response, std::string_view method, After after);
  [[nodiscard]] Task<bool> send_bytes(std::string_view bytes);
  [[nodiscard]] Task<void> linger();

  Shared& shared_;
  Stream stream_;
  const std::string peer_;
  boost::beast::flat_buffer buffer_;       // read and not parsed yet
  boost::asio::any_io_executor executor_;  // of the chain; set before the phase leaves `starting`
  Interruption interruption_ = Interruption::none;
  bool is_last_request_ = false;  // another one would take the place of a connection

  // Written by the chain alone. In nanoseconds; the deadline is on the steady clock.
  std::atomic<Phase> phase_{Phase::starting};
  std::atomic<std::int64_t> deadline_{never};
  std::atomic<std::int64_t> allowed_{0};  // from the phase's beginning to its deadline

  static constexpr std::int64_t never = INT64_MAX;
};

}  // namespace spark::http
