// Error is the one exception type of the library. Everything that can fail for a reason outside the program (opening a
// store, a query, a configuration) throws it; recording never does. The message says what was attempted on what and
// never contains a secret. Exceptions of user code pass through unchanged.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace spark {

// Permanent: a code keeps its meaning and its name in every later version.
enum class ErrorCode {
  invalid_argument,   // a value that can never be right; the message names field and value
  component_missing,  // the backend asked for is not linked into this program
  unsupported,        // the object asked cannot do this, for example a query to a sink that stores nothing
  unavailable,        // the other side cannot be reached or used now; trying again may help
  not_found,          // the named file or row does not exist
  permission_denied,  // the operating system refused
  corrupt,            // the data read is not what was written
  too_new,            // written by a later version of this library
  timeout,            // the deadline passed first
  conflict,           // an expected revision is not the stored one
  shut_down,          // the manager or executor has ended
  would_deadlock,     // the call would wait for its own thread
  cancelled,          // a stop was requested first
  remote_error,       // the other side answered, with an error (spark/rpc/rpc_error.h, spark/agents/model_error.h)
  budget_exceeded,    // what may be spent has been spent (spark/agents/cost_budget.h)
};

// The name as it is spelled above. Static storage.
[[nodiscard]] std::string_view to_string(ErrorCode code) noexcept;

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace spark
