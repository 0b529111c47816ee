// ModelError is why a model gave no answer. A value, as exceptions are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "spark/base/error.h"

namespace spark {

// Permanent: a kind keeps its meaning and its name. The name is the error.type of the call's span.
enum class ModelErrorKind : std::uint8_t {
  refused,             // the provider refuses the request as it is: 400, 404 and so on
  not_authorized,      // 401, 403
  rate_limited,        // 429
  server_error,        // 5xx
  malformed_response,  // what came is none of the protocol's
  truncated_stream,    // a stream ended before its end
  output_mismatch,     // the answer is not of the schema that was asked for
  empty_response,      // neither text nor a tool call
};
[[nodiscard]] std::string_view to_string(ModelErrorKind kind) noexcept;

class ModelError : public Error {
 public:
  // Error::code() is permission_denied for not_authorized; unavailable for rate_limited, server_error,
  // malformed_response and truncated_stream; remote_error for the others. `status`: of HTTP, 0 if none came.
  ModelError(ModelErrorKind kind, const std::string& message, int status = 0);

  [[nodiscard]] ModelErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  ModelErrorKind kind_;
  int status_;
};

}  // namespace spark
