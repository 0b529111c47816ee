// A small HTTP/1.1 server on the loopback interface, for tests of the sender: it keeps every request and answers as the
// test says, byte by byte if need be. One connection after the other, on a thread of its own; it ends with its scope.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace spark::testing {

struct HttpRequest {
  std::string method = {};
  std::string target = {};
  std::map<std::string, std::string> headers = {};  // names in lower case; of several of one name the last
  std::string body = {};
  int connection = 0;  // counted from 1
};

// The server's side of one connection.
class HttpConnection {
 public:
  explicit HttpConnection(int socket) : socket_(socket) {}

  // False once the client is gone.
  bool send(std::string_view bytes) const;
  // As send, a byte each `milliseconds`.
  bool send_slowly(std::string_view bytes, int milliseconds) const;
  // Waits until the client closes its side.
  void wait_for_end() const;
  // Ends it by a reset instead of an orderly close.
  void reset() const;

 private:
  int socket_;
};

class HttpServer {
 public:
  // Gives the answer; true: the connection stays open for a further request.
  using Answer = std::function<bool(const HttpConnection& connection, const HttpRequest& request)>;
  // 0: a free port.
  explicit HttpServer(Answer answer, std::uint16_t port = 0);
  // Each request gets the same answer; see http_answer.
  explicit HttpServer(std::string answer, std::uint16_t port = 0);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Those that came whole.
  [[nodiscard]] std::vector<HttpRequest> requests() const;

 private:
  void run();
  void serve(int socket, int number);

  Answer answer_;
  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  int open_socket_ = -1;  // of the connection that is being served
  bool is_ending_ = false;
  std::thread thread_;
};

inline constexpr std::string_view protobuf_type = "Content-Type: application/x-protobuf\r\n";

// A whole answer, with Content-Length. `headers` are lines that end with "\r\n".
[[nodiscard]] std::string http_answer(int status, std::string_view headers = {}, std::string_view body = {});

// A port of the loopback interface at which nobody listens.
[[nodiscard]] std::uint16_t free_port();

}  // namespace spark::testing
