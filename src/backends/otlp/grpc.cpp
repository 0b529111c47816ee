#include "backends/otlp/grpc.h"

#include <array>
#include <charconv>

namespace spark::detail::otlp {
namespace {

constexpr std::array<std::string_view, 17> code_names = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

}  // namespace

GrpcCode read_grpc_code(std::string_view text) noexcept {
  unsigned code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc() || end != text.data() + text.size() || code >= code_names.size()) return GrpcCode::unknown;
  return static_cast<GrpcCode>(code);
}

GrpcCode code_of_http_status(long status) noexcept {
  switch (status) {
    case 400:
    case 431:
      return GrpcCode::internal;
    case 401:
      return GrpcCode::unauthenticated;
    case 403:
      return GrpcCode::permission_denied;
    case 404:
      return GrpcCode::unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcCode::unavailable;
    default:
      return GrpcCode::unknown;
  }
}

std::string_view to_string(GrpcCode code) noexcept { return code_names.at(static_cast<std::size_t>(code)); }

bool is_retryable(GrpcCode code) noexcept {
  switch (code) {
    case GrpcCode::cancelled:
    case GrpcCode::deadline_exceeded:
    case GrpcCode::aborted:
    case GrpcCode::out_of_range:
    case GrpcCode::unavailable:
    case GrpcCode::data_loss:
      return true;
    default:
      return false;
  }
}

std::optional<std::string_view> grpc_message_of(std::string_view body) noexcept {
  constexpr std::size_t header = 5;
  if (body.size() < header || body[0] != 0) return std::nullopt;
  std::uint32_t size = 0;
  for (std::size_t i = 1; i < header; ++i) size = size << 8 | static_cast<unsigned char>(body[i]);
  if (body.size() - header < size) return std::nullopt;
  return body.substr(header, size);
}

std::string decode_grpc_message(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned octet = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const char* const digits = text.data() + i + 1;
      if (std::from_chars(digits, digits + 2, octet, 16).ptr == digits + 2) {
        decoded.push_back(static_cast<char>(octet));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

std::string decode_binary_header(std::string_view text) {
  std::string decoded;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text.substr(0, text.find(','))) {
    const int digit = base64_digit(c);
    if (digit < 0) break;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    decoded.push_back(static_cast<char>(bits >> count));
  }
  return decoded;
}

}  // namespace spark::detail::otlp
