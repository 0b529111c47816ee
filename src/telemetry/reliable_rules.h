// What ReliableOptions may hold. Shared by TelemetryConfig's validation and by sinks that are made directly.
#pragma once

#include <string>

#include "spark/telemetry/reliable_options.h"

namespace spark::detail {

// Empty if all is in range; else which field is what and what is allowed: "factor is 0.5, allowed is 1 to 100".
[[nodiscard]] std::string reliable_fault(const ReliableOptions& options);

}  // namespace spark::detail
