#include "endpoint.h"

#include <algorithm>
#include <charconv>

#include "environment_variables.h"

namespace spark::detail {
namespace {

bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }

// Takes the host and the port, and says whether both can be ones.
bool parse_authority(std::string_view authority, Endpoint& endpoint) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  endpoint.host = authority.substr(0, colon);
  if (endpoint.host.empty()) return false;
  const bool is_bracketed = endpoint.host.front() == '[';
  if (is_bracketed && (endpoint.host.size() < 4 || endpoint.host.back() != ']')) return false;
  if (!is_bracketed && endpoint.host.find_first_of("[]") != std::string_view::npos) return false;
  if (colon == std::string_view::npos) return true;
  const auto port = authority.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  return error == std::errc() && end == port.data() + port.size() && endpoint.port > 0;
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  if (text.find('@') != std::string_view::npos) return std::nullopt;
  if (std::any_of(text.begin(), text.end(), is_blank_or_control)) return std::nullopt;
  text = text.substr(0, text.find('#'));
  Endpoint endpoint;
  const auto query = std::min(text.find('?'), text.size());
  endpoint.rest = text.substr(query);
  text = text.substr(0, query);
  if (const auto scheme_end = text.find("://"); scheme_end != std::string_view::npos) {
    // Without case (RFC 3986, 3.1).
    const std::string scheme = lower_case(text.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    endpoint.scheme = scheme == "http" ? "http" : "https";
    text.remove_prefix(scheme_end + 3);
  }
  const auto slash = std::min(text.find('/'), text.size());
  endpoint.path = text.substr(slash);
  if (!parse_authority(text.substr(0, slash), endpoint)) return std::nullopt;
  return endpoint;
}

std::string shown_endpoint(std::string_view text) {
  constexpr std::size_t longest = 200;
  if (text.find('@') != std::string_view::npos) return "a text with \"@\"";
  std::string shown(text.substr(0, std::min(longest, text.find_first_of("?#"))));
  std::replace_if(shown.begin(), shown.end(), is_blank_or_control, ' ');
  return "\"" + shown + "\"";
}

}  // namespace spark::detail
