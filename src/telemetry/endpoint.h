// The address of a collector, taken apart: SCHEME://HOST[:PORT][/PATH][?QUERY]. Views of the text that was parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spark::detail {

struct Endpoint {
  std::string_view scheme = {};  // "http", "https" in lower case, or empty if the text had none
  std::string_view host = {};    // an IPv6 address with its brackets
  std::uint16_t port = 0;        // 0: none was given
  std::string_view path = {};    // begins with "/" unless empty
  std::string_view rest = {};    // the query with its "?"; a fragment is left out, it is never sent
};

// Empty for what is no address: another scheme, no host, a port that is none, a user name or password, a blank or
// control character.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

// What of a wrong endpoint may stand in a message: nothing that could be a user name or password, and nothing from "?"
// or "#" on, behind which keys are given. Quoted, cut to 200 bytes.
[[nodiscard]] std::string shown_endpoint(std::string_view text);

}  // namespace spark::detail
