// What spans and metrics call an exception by: few names, always the same. A free function without state.
#pragma once

#include <exception>
#include <string>

namespace spark::detail {

// The kind of a ModelError, the code of another Error, else the exception's type.
[[nodiscard]] std::string failure_type(const std::exception_ptr& exception);

}  // namespace spark::detail
