#include "backends/otlp/reply.h"

#include <algorithm>
#include <charconv>

#include "telemetry/environment_variables.h"

namespace spark::detail::otlp {
namespace {

// "HTTP/1.1 200 OK", "HTTP/2 200".
long status_of(std::string_view line) {
  long status = 0;
  if (const auto space = line.find(' '); space != std::string_view::npos) {
    std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  }
  return status;
}

}  // namespace

void Reply::take_header(std::string_view line) {
  const bool is_whole = line.ends_with('\n');
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    *this = Reply{.status = status_of(line), .is_status_whole = is_whole};
    return;
  }
  if (line.empty()) are_headers_whole = true;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string name = lower_case(line.substr(0, colon));
  const auto value = trimmed(line.substr(colon + 1)).substr(0, longest_header);
  if (name == "content-type") content_type = value;
  if (name == "retry-after") retry_after = value;
  if (name == "grpc-status") grpc_status = value;
  if (name == "grpc-message") grpc_message = value;
  if (name == "grpc-status-details-bin") grpc_status_details = value;
}

bool Reply::take_body(std::string_view bytes) {
  const std::size_t limit = is_success() ? longest_body : longest_failure_body;
  const std::size_t room = limit - std::min(limit, body.size());
  body.append(bytes.substr(0, room));
  is_cut = bytes.size() > room;
  return !is_cut;
}

}  // namespace spark::detail::otlp
