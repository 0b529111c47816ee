// What a Server is told when it is made: where it listens, what it puts up with, and who may connect. Plain values; the
// server copies them and refuses what can never be right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "spark/base/clock.h"

namespace spark::http {

// What clients may take. Each limit that is hit is counted in Stats. A time limit is noticed up to an eighth of the
// shortest of them late, at most a quarter of a second.
struct ServerLimits {
  std::size_t header_bytes = 16 << 10;       // of the request line and all headers; more is 431. 256 B to 1 MiB
  std::size_t body_bytes = 64 << 20;         // of one request as it comes over the wire; more is 413
  std::size_t total_body_bytes = 256 << 20;  // of the bodies of all requests that are read or handled; more is 503
  // Open at once. When there are as many, the one that has used the largest part of its time is closed for a new one,
  // if it waits between two requests or that part is more than a tenth; otherwise new ones wait in the system's queue.
  std::size_t connections = 1024;

  Seconds handshake_timeout{10};  // of TLS
  Seconds header_timeout{10};     // for the headers, from their first byte; on a new connection also for that byte
  Seconds idle_timeout{60};       // for the next request on a connection
  // A body or an answer may stand still for so long. What goes over gives back a second for each
  // `min_bytes_per_second`, up to the whole: so one that is faster is never late, and one that is slower is after a
  // while.
  Seconds body_timeout{10};
  Seconds write_timeout{10};
  std::size_t min_bytes_per_second = 4 << 10;
  // After the last answer on a connection: how long the client may take to close its end. Closed at once, what it still
  // sends would be answered by a reset, which takes the answer away from it.
  Seconds linger_timeout{2};

  Seconds retry_after{1};  // what a 503 of the server's own asks for
};

// TLS 1.2 or later. The files are read once, when the server is made.
struct TlsOptions {
  std::string certificate_file = {};  // PEM, with the chain behind it
  std::string key_file = {};          // PEM, not encrypted
  std::string client_ca_file = {};    // PEM; with it, only clients with a certificate of these authorities get in
};

struct ServerOptions {
  std::string host = "127.0.0.1";      // an address or a name; of several addresses of a name, the first
  std::uint16_t port = 0;              // 0: any that is free, see Server::port
  std::uint32_t threads = 2;           // that read, parse, write and run handlers; at least 1
  std::optional<TlsOptions> tls = {};  // default: no TLS
  ServerLimits limits = {};
  // Told of what a client must not see: what a handler threw, why a certificate was refused. From the server's threads,
  // so it must be safe from several at once and not block; what it throws is dropped.
  std::function<void(std::string_view what)> on_error = {};
  // Told of each client that connects, and of its end, as on_error is: `peer` as in Request.
  std::function<void(bool is_open, std::string_view peer)> on_connection = {};
  // Makes the answer to a request that is refused before the handler sees it, or whose handler failed: of this status,
  // or another one that the protocol's clients understand better. The request is what came of it, without its body; a
  // Retry-After is added to a 503 that has none. Called as on_error is, and what it throws is dropped too: then, and
  // where it is empty, the answer is a text that is the status.
  std::function<Response(int status, const Request& request)> refusal = {};
};

}  // namespace spark::http
