// Reads what a recorded definition declares. Values in, values out; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "apps/sparktel/views/graph_run.h"
#include "spark/base/value.h"
#include "spark/telemetry/records.h"

namespace spark::sparktel {

// Empty unless the member is there and a string. Lives as long as the object.
[[nodiscard]] std::string_view text_at(const Object& object, std::string_view key) noexcept;

// Nothing has run. Counted as malformed and left out: what is no object or lacks a text that it needs, a node whose id
// is there already, an edge between nodes that are not there or of an unknown kind.
[[nodiscard]] GraphRun read_definition(const GraphDefinition& definition);

// As Condition::to_string(), callables by their names; what is no condition, as JSON. Empty for null.
[[nodiscard]] std::string condition_text(const Value& condition);
// "3 attempts, 0.1 s each, cached"; empty for null, the defaults, and what is no policy.
[[nodiscard]] std::string policy_text(const Value& policy);

}  // namespace spark::sparktel
