// Where a client's requests go. A value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spark::http {

struct Url {
  bool is_encrypted = false;  // https
  std::string host;           // a name or an address; an IPv6 one without its brackets
  std::uint16_t port = 0;     // 80 and 443 where none was given
  std::string target = "/";   // path and query

  // "http[s]://HOST[:PORT][/PATH][?QUERY]". Throws Error(invalid_argument) that says what is wrong and shows neither
  // the query nor what stands before an @, where people put passwords: those are refused.
  [[nodiscard]] static Url parse(std::string_view text);

  // "example.com:8080", "[::1]:8080"; without the port where it is the scheme's own.
  [[nodiscard]] std::string authority() const;

  // Scheme, authority and path, for messages and telemetry: some put keys into the query.
  [[nodiscard]] std::string without_query() const;

  bool operator==(const Url&) const = default;
};

}  // namespace spark::http
