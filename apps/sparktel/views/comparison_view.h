// Shows what was found between two versions of a graph, in words and as two small bars. Values in, text out.
#pragma once

#include <string>

#include "apps/sparktel/terminal/style.h"
#include "spark/analysis/compare_versions.h"
#include "spark/base/value.h"

namespace spark::sparktel {

[[nodiscard]] std::string draw_comparison(const analysis::CompareOptions& options,
                                          const analysis::Comparison& comparison, const Canvas& canvas);

// Durations in seconds; the verdicts by their names.
[[nodiscard]] Object to_object(const analysis::Comparison& comparison);

}  // namespace spark::sparktel
