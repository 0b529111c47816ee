#include "spark/agents/model_error.h"

namespace spark {

namespace {

ErrorCode code_of(ModelErrorKind kind) noexcept {
  switch (kind) {
    case ModelErrorKind::not_authorized:
      return ErrorCode::permission_denied;
    case ModelErrorKind::rate_limited:
    case ModelErrorKind::server_error:
    case ModelErrorKind::malformed_response:
    case ModelErrorKind::truncated_stream:
      return ErrorCode::unavailable;
    case ModelErrorKind::refused:
    case ModelErrorKind::output_mismatch:
    case ModelErrorKind::empty_response:
      return ErrorCode::remote_error;
  }
  return ErrorCode::remote_error;
}

}  // namespace

std::string_view to_string(ModelErrorKind kind) noexcept {
  switch (kind) {
    case ModelErrorKind::refused:
      return "refused";
    case ModelErrorKind::not_authorized:
      return "not_authorized";
    case ModelErrorKind::rate_limited:
      return "rate_limited";
    case ModelErrorKind::server_error:
      return "server_error";
    case ModelErrorKind::malformed_response:
      return "malformed_response";
    case ModelErrorKind::truncated_stream:
      return "truncated_stream";
    case ModelErrorKind::output_mismatch:
      return "output_mismatch";
    case ModelErrorKind::empty_response:
      return "empty_response";
  }
  return "unknown";
}

ModelError::ModelError(ModelErrorKind kind, const std::string& message, int status)
    : Error(code_of(kind), message), kind_(kind), status_(status) {}

}  // namespace spark
