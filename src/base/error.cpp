#include "spark/base/error.h"

namespace spark {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::component_missing:
      return "component_missing";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::too_new:
      return "too_new";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::shut_down:
      return "shut_down";
    case ErrorCode::would_deadlock:
      return "would_deadlock";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::remote_error:
      return "remote_error";
    case ErrorCode::budget_exceeded:
      return "budget_exceeded";
  }
  return "unknown";
}

}  // namespace spark
