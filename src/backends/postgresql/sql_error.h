// What the server says of a statement that failed, and what it means: whether trying again may help, whether a row is
// at fault, and which code the error has. SQLSTATEs are those of PostgreSQL's manual, appendix A.
#pragma once

#include <string>
#include <string_view>

#include "spark/base/error.h"

namespace spark::detail::postgresql {

// The server refused a statement; the connection goes on.
class StatementError : public Error {
 public:
  // `reason` is the part of the message that the server said.
  StatementError(std::string_view state, std::string reason, const std::string& message);

  [[nodiscard]] const std::string& state() const noexcept { return state_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  std::string state_, reason_;
};

// Another attempt at the same may succeed.
[[nodiscard]] bool is_retryable(std::string_view state) noexcept;
// A row that is already there.
[[nodiscard]] bool is_duplicate(std::string_view state) noexcept;
// What is wrong is certainly what a row holds, so that others may be taken. Of other states it may be, too: triggers,
// policies and extensions raise whatever they like.
[[nodiscard]] bool is_of_a_row(std::string_view state) noexcept;
[[nodiscard]] ErrorCode code_of(std::string_view state) noexcept;

// As the caller of a write sees it: RetryableError where another attempt may succeed, else the error itself.
[[noreturn]] void rethrow(const StatementError& error);

}  // namespace spark::detail::postgresql
