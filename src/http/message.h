// Requests and responses as values, without anything of how they travel. Both have constructors, so that they may be
// part of an expression with co_await (spark/async/task.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spark::http {

// Names and values in the order in which they came, except that a request has those of one name together. Names compare
// without case. A name may be there several times.
class Headers {
 public:
  using Header = std::pair<std::string, std::string>;

  Headers() = default;

  void add(std::string name, std::string value) { all_.emplace_back(std::move(name), std::move(value)); }
  // In place of all of this name.
  void set(std::string_view name, std::string value);

  // The first of this name. The view lives until the headers change.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;

  [[nodiscard]] const std::vector<Header>& all() const noexcept { return all_; }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Header> all_;
};

[[nodiscard]] bool equal_without_case(std::string_view a, std::string_view b) noexcept;

class Request {
 public:
  Request() = default;

  std::string method;         // "GET"; methods have case
  std::string target;         // as it came: "/v1/traces?pretty", "*", "http://host/v1/traces"
  int minor_version = 1;      // of HTTP/1
  Headers headers;            // without the trailers of a chunked body
  std::string body;           // without its transfer encoding; a content encoding (gzip) is the handler's business
  std::string peer;           // the client's address and port: "127.0.0.1:51234", "[::1]:51234"
  bool is_encrypted = false;  // it came by TLS

  // The target's path, as it came, with its percent signs: "/v1/traces". Views live as long as the target is unchanged.
  [[nodiscard]] std::string_view path() const noexcept;
  // What stands behind the first question mark; empty without one.
  [[nodiscard]] std::string_view query() const noexcept;
  // The first of this name.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return headers.find(name);
  }

  bool operator==(const Request&) const = default;
};

class Response {
 public:
  Response() = default;
  explicit Response(int its_status) : status(its_status) {}
  Response(int its_status, std::string content_type, std::string its_body);

  int status = 200;  // 200 to 599
  // Date, Content-Length, Connection and Transfer-Encoding are the server's business: given ones are left out.
  Headers headers;
  std::string body;  // not sent as the answer to HEAD, and with 204 and 304, which have none
  bool closes_connection = false;

  bool operator==(const Response&) const = default;
};

// A text that is its status: "404 Not Found".
[[nodiscard]] Response status_response(int status);

}  // namespace spark::http
