// Refusals of options that can never be right. They name the field.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>

#include "spark/base/clock.h"
#include "spark/base/error.h"

namespace spark::analysis::detail {

inline void check_not_zero(const char* field, std::size_t value) {
  if (value == 0) throw Error(ErrorCode::invalid_argument, std::string(field) + " is 0: it must be at least 1");
}

inline void check_confidence(const char* field, double value) {
  if (value > 0 && value < 1) return;
  throw Error(ErrorCode::invalid_argument,
              std::string(field) + " is " + std::to_string(value) + ": it must lie between 0 and 1");
}

// Of a length of time that time is divided into.
inline void check_bucket(const char* field, Seconds value) {
  constexpr double longest_s = 1e9;
  if (value >= Seconds(1e-3) && value.count() <= longest_s) return;
  throw Error(ErrorCode::invalid_argument, std::string(field) + " is " + std::to_string(value.count()) +
                                               " seconds: it must be from 1 ms to 1,000,000,000 seconds");
}

}  // namespace spark::analysis::detail
