// What is wrong with arguments, by the words of the error that refuses them.
#pragma once

#include <functional>
#include <string>

#include "spark/base/error.h"

namespace spark::testing {

// "none": they were taken.
inline std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code() == ErrorCode::invalid_argument ? error.what() : "another code";
  }
  return "none";
}

}  // namespace spark::testing
