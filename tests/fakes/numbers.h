// The doubles that are no ordinary numbers, by their names.
#pragma once

#include <limits>

namespace spark::fakes {

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace spark::fakes
