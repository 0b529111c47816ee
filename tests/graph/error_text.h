// What a call throws, as text that tests compare with a literal.
#pragma once

#include <string>

#include "spark/base/error.h"

namespace spark::tests {

std::string error_text(const auto& function) {
  try {
    function();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "nothing was thrown";
}

}  // namespace spark::tests
