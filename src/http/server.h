// Server listens at one port and answers HTTP/1.1 and 1.0 requests with what a handler gives: the one HTTP server of
// the project. It is hard on clients that are slow, greedy or wrong (ServerLimits) and tells nobody what went wrong
// inside.
//
// Whoever makes it owns it. It has threads of its own, which read, parse and write, and run the handler: a task on the
// server's executor, several at once, one after the other for each connection, outside of any telemetry context. What
// blocks must be moved away with run_blocking (spark/async/blocking.h): with all threads blocked nobody is served, and
// no time limit is noticed.
//
//   http::Server server({.port = 8080}, [](const http::Request& request) -> Task<http::Response> {
//     co_return http::Response(200, "text/plain", "You asked for " + request.target);
//   });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/message.h"
#include "http/options.h"
#include "http/stats.h"
#include "spark/async/task.h"
#include "spark/base/clock.h"

namespace spark::http {

class ServerState;

class Server {
 public:
  // The request lives until the task ends. An exception, or a response that cannot be sent, is counted, reported, and
  // for the client a 500. The handler is called from several threads at once. When the server is stopped and its
  // deadline has passed, the task is cancelled (spark/async/cancellation.h).
  using Handler = std::function<Task<Response>(const Request& request)>;

  // Listens and serves when this returns. Throws Error: invalid_argument for an option that can never be right,
  // unavailable if the address is in use, not this machine's or cannot be resolved, permission_denied, and for the
  // files of TLS what make_tls_context throws.
  Server(ServerOptions options, Handler handler);
  // Stops without waiting for requests. Not on a thread of the server.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  // "http://127.0.0.1:8080", "https://[::1]:8443": where it really listens.
  [[nodiscard]] const std::string& url() const noexcept;

  // Listens no longer, closes the connections on which no request is under way, and waits up to `deadline` for the
  // others; then it cuts them and cancels their handlers. What a handler does without waiting, and blocking work that
  // it has begun, is waited for without a limit. Returns whether every request got its answer.
  //
  // Safe from any thread but the server's own, where it throws Error(would_deadlock). Who calls it while another thread
  // stops the server waits for that one's end; a later call does nothing. All return the same.
  bool stop(Seconds deadline);

  // Also after stop.
  [[nodiscard]] Stats stats() const;

 private:
  std::unique_ptr<ServerState> state_;
};

}  // namespace spark::http
