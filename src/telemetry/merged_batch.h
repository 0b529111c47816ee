// Several batches as one, without a copy of what they hold: for a sink whose far end takes so long over each that they
// queue up. A plain function.
#pragma once

#include <memory>
#include <vector>

#include "spark/telemetry/batch.h"

namespace spark::detail {

// Of one Resource, and at least one; in their order. The views are those of the given batches, which must outlive it.
// Throws std::bad_alloc.
[[nodiscard]] std::shared_ptr<const Batch> merged_batch(const std::vector<std::shared_ptr<const Batch>>& batches);

}  // namespace spark::detail
