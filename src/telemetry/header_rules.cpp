#include "header_rules.h"

#include <algorithm>
#include <string>

#include "environment_variables.h"

namespace spark::detail {
namespace {

// A server need not take more in all (gRPC's PROTOCOL-HTTP2.md).
constexpr std::size_t longest_header_bytes = 8 * 1024;

bool is_of_the_protocol(std::string_view name) {
  constexpr std::string_view ours[] = {
      "accept-encoding",  "connection", "content-encoding", "content-length", "content-type", "expect", "host", "te",
      "transfer-encoding"};
  const std::string lower = lower_case(name);
  return lower.starts_with("grpc-") || std::find(std::begin(ours), std::end(ours), lower) != std::end(ours);
}

}  // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

std::string_view header_fault(std::string_view name, std::string_view value) {
  const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; };
  if (!is_token(name)) return "not a header's name";
  if (is_of_the_protocol(name)) return "a header that the protocol sets itself";
  if (std::any_of(value.begin(), value.end(), is_control)) return "set to a value with a control character";
  if (name.size() + value.size() > longest_header_bytes) return "longer than 8 KiB";
  return {};
}

}  // namespace spark::detail
