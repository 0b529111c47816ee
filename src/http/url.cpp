#include "http/url.h"

#include <algorithm>
#include <charconv>

#include "http/message.h"
#include "spark/base/error.h"

namespace spark::http {

namespace {

constexpr std::uint16_t http_port = 80, https_port = 443;

// Without the query: some put keys into it.
[[noreturn]] void refuse_url(std::string_view text, const char* why) {
  throw Error(ErrorCode::invalid_argument,
              "the URL " + std::string(text.substr(0, text.find_first_of("?#"))) + " " + why);
}

bool is_visible(char c) noexcept { return c > ' ' && c <= '~'; }

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0)
    refuse_url(text, "has no port from 1 to 65535");
  return port;
}

}  // namespace

Url Url::parse(std::string_view text) {
  if (text.find('@') != std::string_view::npos) {
    throw Error(ErrorCode::invalid_argument, "a URL with a user's name or a password in it (an @) is not taken");
  }
  if (!std::all_of(text.begin(), text.end(), is_visible))
    refuse_url("given", "has spaces or characters that are not ASCII");
  Url url;
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end == std::string_view::npos ? 0 : scheme_end);
  url.is_encrypted = equal_without_case(scheme, "https");
  if (!url.is_encrypted && !equal_without_case(scheme, "http"))
    refuse_url(text, "does not begin with http:// or https://");
  std::string_view rest = text.substr(scheme_end + 3);
  // It is the reader's own and would not be sent.
  if (rest.find('#') != std::string_view::npos) refuse_url(text, "has a fragment (a #)");
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  if (path < rest.size()) url.target = std::string(rest[path] == '/' ? "" : "/").append(rest.substr(path));
  std::string_view authority = rest.substr(0, path), port;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) refuse_url(text, "has no ] behind its address");
    url.host = std::string(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = std::string(authority.substr(0, colon));
    port = authority.substr(colon);
  }
  if (url.host.empty()) refuse_url(text, "names no host");
  if (!port.empty() && port.front() != ':') refuse_url(text, "has something behind its address that is no port");
  url.port = port.empty() ? (url.is_encrypted ? https_port : http_port) : parse_port(text, port.substr(1));
  return url;
}

std::string Url::authority() const {
  std::string text = host.find(':') != std::string::npos ? "[" + host + "]" : host;
  if (port != (is_encrypted ? https_port : http_port)) text.append(":").append(std::to_string(port));
  return text;
}

std::string Url::without_query() const {
  return (is_encrypted ? "https://" : "http://") + authority() + target.substr(0, target.find('?'));
}

}  // namespace spark::http
