#include "resource_attributes.h"

#include <utility>

#include "environment_variables.h"

namespace spark::detail {

EnvironmentAttributes attributes_from_environment() {
  constexpr const char* list = "OTEL_RESOURCE_ATTRIBUTES";
  EnvironmentAttributes attributes;
  KeyValueList parsed = key_value_list(environment_variable(list));
  if (!parsed.fault.empty()) ignore_variable(list, parsed.fault);
  for (auto& [key, value] : parsed.pairs) {
    if (key == "service.name") {
      attributes.service_name = std::move(value);
    } else if (key == "service.version") {
      attributes.service_version = std::move(value);
    } else {
      attributes.others.set(std::move(key), std::move(value));
    }
  }
  const auto service = environment_variable("OTEL_SERVICE_NAME");
  if (!service.empty()) attributes.service_name = service;
  return attributes;
}

}  // namespace spark::detail
