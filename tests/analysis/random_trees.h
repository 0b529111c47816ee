// Random traces, and what analyses must say of them, found in the plainest way: moment by moment, span by span.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spark/base/random.h"
#include "spark/telemetry/records.h"

namespace spark::testing {

// At most so many spans within 64 ns, in any order, of test_trace: children that overlap, that begin before or end
// after their parent, parents that are missing, circles, and spans that end when they start or before.
[[nodiscard]] std::vector<Span> random_trace(Random& random, std::uint64_t most = 14);

// The moments of a random trace are 0 up to this, in nanoseconds since the epoch.
inline constexpr std::int64_t random_trace_ns = 64;

// Which span is on the critical path from `moment` until the next one. Goes by the definition in critical_path.h.
[[nodiscard]] std::optional<std::size_t> expected_owner(const std::vector<Span>& spans, std::int64_t moment);

// In how many moments a span lives and none of its children does.
[[nodiscard]] std::int64_t expected_self_ns(const std::vector<Span>& spans, std::size_t span);

// From the first start to the last end of the roots that have a length.
[[nodiscard]] std::int64_t expected_extent_ns(const std::vector<Span>& spans);

// For a failure's message.
[[nodiscard]] std::string text(const std::vector<Span>& spans);

}  // namespace spark::testing
