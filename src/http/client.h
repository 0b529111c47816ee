// Client sends HTTP/1.1 requests to one server, keeps its connections open for the next ones, and verifies by TLS whom
// it talks to.
//
// Whoever makes it owns it; it must outlive its requests. A request runs on the executor of the task that awaits it, in
// its telemetry context. Idle connections belong to the executor that they were made on, and end with it or with the
// client. Calls are safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "http/message.h"
#include "http/url.h"
#include "spark/async/task.h"
#include "spark/base/clock.h"

namespace spark::http {

struct ClientTlsOptions {
  std::string ca_file = {};           // PEM, of authorities to trust; empty: those of the system
  std::string certificate_file = {};  // PEM, for servers that ask for one; with key_file
  std::string key_file = {};
  bool verify = true;  // false trusts anybody who answers: for tests only
};

struct ClientOptions {
  ClientTlsOptions tls = {};
  Seconds connect_timeout{10};  // of a new connection, the TLS handshake included; name servers may take longer
  std::size_t header_bytes = 64 << 10;
  std::size_t body_bytes = 64 << 20;  // of a response; a longer one is Error(unavailable)
  std::size_t idle_connections = 64;  // kept for each executor; a connection more is closed after its request
  Seconds idle_timeout{20};           // shorter than a server's, so that it is not closed under a request
};

// How far a request came, also where it failed. Written while the request runs.
struct Progress {
  bool is_new_connection = false;
  bool may_have_arrived = false;  // writing it has begun: who sends it again may have it done twice
  bool is_too_large = false;      // it failed because the response has more than ClientOptions::body_bytes
  std::string peer_address = {};  // whom it was sent to
  std::uint16_t peer_port = 0;
};

class ClientState;
class OpenResponse;

// A response that is read as it comes: status and headers are there, the body comes in pieces. Whoever asked for it
// owns it; with it goes what was not read, and its connection. Used by one task at a time, on one executor, which must
// outlive it.
class ResponseStream {
 public:
  explicit ResponseStream(std::unique_ptr<OpenResponse> open) noexcept;
  ResponseStream(ResponseStream&& other) noexcept;
  ResponseStream& operator=(ResponseStream&& other) noexcept;
  ~ResponseStream();

  [[nodiscard]] int status() const noexcept;
  [[nodiscard]] const Headers& headers() const noexcept;
  // The next piece of the body, as soon as there is one, without its transfer encoding; empty: it has ended, and its
  // connection waits for the next request. Throws as Client::send, also for a body longer than
  // ClientOptions::body_bytes in all; after that, and after a cancellation, it must not be called again.
  [[nodiscard]] Task<std::string> next();

 private:
  std::unique_ptr<OpenResponse> open_;
};

class Client {
 public:
  // Throws Error(invalid_argument, not_found, permission_denied) for a file of TLS.
  Client(Url url, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends the method and the body to the URL's target, with Host, Content-Length and these headers. Throws
  // Error(unavailable) if the server cannot be reached, is not who it should be, breaks off or answers with what is no
  // HTTP; Error(timeout) after connect_timeout; operation_aborted if it is cancelled. `progress` must live until the
  // task ends.
  [[nodiscard]] Task<Response> send(std::string method, Headers headers, std::string body, Progress& progress);

  // As send, but done once the headers are there.
  [[nodiscard]] Task<ResponseStream> open(std::string method, Headers headers, std::string body, Progress& progress);

  [[nodiscard]] const Url& url() const noexcept;
  // Connections that wait for a request, on all executors.
  [[nodiscard]] std::size_t idle_connections() const;

 private:
  std::shared_ptr<ClientState> state_;
};

}  // namespace spark::http
