// What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say of the process. (OpenTelemetry specification, "Resource
// SDK".)
#pragma once

#include <string>

#include "spark/base/value.h"

namespace spark::detail {

struct EnvironmentAttributes {
  std::string service_name = {};     // OTEL_SERVICE_NAME, else service.name of the list
  std::string service_version = {};  // service.version of the list
  Object others = {};                // of the list; the values are strings
};

// If OTEL_RESOURCE_ATTRIBUTES cannot be understood, it is ignored as a whole, and that is said (ignore_variable).
[[nodiscard]] EnvironmentAttributes attributes_from_environment();

}  // namespace spark::detail
