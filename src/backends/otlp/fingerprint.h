// Tells whether two batches are the same one. Not by the address, which another batch may get once the first is gone.
#pragma once

#include <cstdint>

#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

// Of the ids of all records in their order, which no two batches share. A few nanoseconds a record.
[[nodiscard]] std::uint64_t fingerprint(const Batch& batch) noexcept;

}  // namespace spark::detail::otlp
