#include "backends/postgresql/sql_error.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "spark/telemetry/sink.h"

namespace spark::detail::postgresql {

StatementError::StatementError(std::string_view state, std::string reason, const std::string& message)
    : Error(code_of(state), message), state_(state), reason_(std::move(reason)) {}

bool is_retryable(std::string_view state) noexcept {
  // Connection exceptions, too few resources, an operator's intervention (query_canceled among them: a time limit),
  // errors of the system below the server.
  constexpr std::string_view classes[] = {"08", "53", "57", "58"};
  // Serialization failure, deadlock, lock not available, a standby that became the server, a transaction that waited.
  constexpr std::string_view states[] = {"40001", "40P01", "55P03", "25006", "25P03"};
  return std::any_of(std::begin(classes), std::end(classes), [&](auto each) { return state.starts_with(each); }) ||
         std::find(std::begin(states), std::end(states), state) != std::end(states);
}

bool is_duplicate(std::string_view state) noexcept { return state == "23505"; }

bool is_of_a_row(std::string_view state) noexcept {
  // Data exceptions, constraints, view check options, what a trigger raises, rows larger than the server's limits.
  constexpr std::string_view classes[] = {"22", "23", "44", "P0", "54"};
  return std::any_of(std::begin(classes), std::end(classes), [&](auto each) { return state.starts_with(each); });
}

ErrorCode code_of(std::string_view state) noexcept {
  if (state == "57014") return ErrorCode::timeout;
  if (state == "42501" || state.starts_with("28")) return ErrorCode::permission_denied;
  if (state.starts_with("3D")) return ErrorCode::not_found;
  if (state.starts_with("0A")) return ErrorCode::unsupported;
  if (is_of_a_row(state)) return ErrorCode::invalid_argument;
  // A table or column that our own SQL names is not there, or is another.
  if (state.starts_with("42")) return ErrorCode::corrupt;
  return ErrorCode::unavailable;
}

void rethrow(const StatementError& error) {
  if (is_retryable(error.state())) throw RetryableError(error.code(), error.what());
  throw error;
}

}  // namespace spark::detail::postgresql
