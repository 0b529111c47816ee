#include "backends/sqlite/encoding.h"

#include "spark/base/json.h"
#include "telemetry/record_json.h"

namespace spark::detail::sqlite {

std::string resource_to_json(const Resource& resource) { return to_json(resource_to_object(resource)); }

std::string distribution_to_json(const Distribution& distribution) {
  return to_json(distribution_to_object(distribution));
}

}  // namespace spark::detail::sqlite
