// A client for tests that sends what it is told, byte for byte, over a blocking socket, with TLS or without. Everything
// that waits gives up after 30 seconds with a std::runtime_error. Used by one thread at a time; closes with its scope.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spark::testing {

struct RawReply {
  int status = 0;
  std::string head = {};  // the status line and the headers, each with its "\r\n"
  std::string body = {};

  // The first of this name, in the spelling that the server uses.
  [[nodiscard]] std::optional<std::string> header(const std::string& name) const;
};

struct RawClientTls {
  std::string ca_file;
  std::string certificate_file = {};
  std::string key_file = {};
  int max_version = 0;  // of OpenSSL's constants; 0: any
};

class RawClient {
 public:
  // Connects. A receive buffer that is given makes the window small, for those who read slowly.
  explicit RawClient(std::uint16_t port, const std::string& host = "127.0.0.1", int receive_buffer = 0);
  // Connects and shakes hands; throws what OpenSSL says if that fails.
  RawClient(std::uint16_t port, const RawClientTls& tls);
  ~RawClient();
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;

  // False once the server has closed its side.
  bool send(std::string_view bytes);
  void end_sending();
  // The end by a reset.
  void reset();

  // The next whole reply. Throws std::runtime_error if the connection ends before its end.
  [[nodiscard]] RawReply read_reply(std::string_view method = "GET");
  // Everything up to the end of the connection; true if that was an orderly one.
  [[nodiscard]] bool read_to_end(std::string& bytes);
  // Whether the server has closed, without anything further to read.
  [[nodiscard]] bool is_closed();
  // Whether there is something to read within so many milliseconds, the connection's end included.
  [[nodiscard]] bool has_news(int milliseconds = 0) const;
  // Bytes that are there within so many milliseconds; empty if there are none.
  [[nodiscard]] std::string read_within(int milliseconds);

  RawReply ask(std::string_view request) {
    send(request);
    return read_reply();
  }

 private:
  enum class Got { bytes, end, reset };

  void connect(std::uint16_t port, const std::string& host, int receive_buffer);
  Got receive();

  struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  struct FreeConnection {
    void operator()(SSL* connection) const noexcept { SSL_free(connection); }
  };

  int socket_ = -1;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeConnection> tls_;
  std::string buffer_;  // received and not given away yet
};

// "POST /echo HTTP/1.1", a Host, the given header lines (each with "\r\n"), Content-Length and the body.
[[nodiscard]] std::string post(std::string_view target, std::string_view body, std::string_view headers = {});
[[nodiscard]] std::string get(std::string_view target, std::string_view headers = {});

// Lets this process have as many files open as it may; whether these are at least as many.
[[nodiscard]] bool may_open_files(std::size_t count);

}  // namespace spark::testing
