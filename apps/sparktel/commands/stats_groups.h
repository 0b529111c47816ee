// The groups that stats shows: what the store's aggregates say, and histograms of the durations. For the main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sparktel/commands/query_options.h"
#include "apps/sparktel/terminal/histogram.h"
#include "spark/telemetry/aggregate.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

inline constexpr std::size_t histogram_cells = 16;

struct StatsRequest {
  RecordType of = RecordType::spans;
  std::string by_text = "name";  // as it was typed
  GroupBy by = group_by_name();
  GroupOrder order = GroupOrder::count;
  QueryOptions query = {};
};

struct StatsGroup {
  std::string label = {};  // for people
  Group numbers = {};
  std::vector<std::uint64_t> histogram = {};  // a count for each cell of the scale; empty: none was made
};

struct StatsGroups {
  std::vector<StatsGroup> rows = {};
  std::optional<LogScale> scale = {};  // of the histograms, in seconds
  bool truncated = false;
};

// name, kind, status, error_type, type, unit, trace, minute, hour, day or attribute:KEY. Throws Error(invalid_argument)
// listing them.
[[nodiscard]] GroupBy parse_group_by(std::string_view text);

// Blocks while it reads. Throws what the store throws.
[[nodiscard]] StatsGroups read_stats(Store& store, const StatsRequest& request);

}  // namespace spark::sparktel
