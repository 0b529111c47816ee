// The JSON of what is a part of records and no attributes: resources and distributions, as stores keep them. Free
// functions without state.
#pragma once

#include <string>
#include <string_view>

#include "spark/telemetry/records.h"

namespace spark::detail {

[[nodiscard]] Object resource_to_object(const Resource& resource);
[[nodiscard]] Object distribution_to_object(const Distribution& distribution);
// Throws Error if the text is not that of an object that the function above made.
[[nodiscard]] Distribution distribution_from_json(std::string_view json);

}  // namespace spark::detail
