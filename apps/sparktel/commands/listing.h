// What the commands that list records have in common. For the main thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sparktel/terminal/table.h"
#include "spark/base/value.h"
#include "spark/telemetry/records.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

// The row of the record with this place; `trace` is its trace id as it is to be shown.
using MakeRow = std::function<std::vector<Cell>(std::size_t place, const std::string& trace)>;

// A table with a row for each of `traces`, the trace ids of the records: whole ones if everything fits the canvas then,
// otherwise beginnings that `show` takes. Blocks if it has to look those up.
[[nodiscard]] std::string draw_listing(Store& store, const std::vector<Column>& columns,
                                       std::span<const TraceId> traces, const MakeRow& make_row);

// "No such spans in telemetry.db." with a line end.
[[nodiscard]] std::string nothing_found(std::string_view records, std::string_view where);

// {"spans": [...], "truncated": ...} with a line end.
[[nodiscard]] std::string listing_to_json(const std::string& records, Array rows, bool truncated);

}  // namespace spark::sparktel
