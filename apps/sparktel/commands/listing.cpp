#include "apps/sparktel/commands/listing.h"

#include <utility>

#include "apps/sparktel/commands/trace_ids.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/json.h"

namespace spark::sparktel {

std::string draw_listing(Store& store, const std::vector<Column>& columns, std::span<const TraceId> traces,
                         const MakeRow& make_row) {
  const auto table_with = [&](const std::vector<std::string>& ids) {
    Table table(columns);
    for (std::size_t i = 0; i < ids.size(); ++i) table.add_row(make_row(i, ids[i]));
    return table;
  };
  const Canvas canvas = canvas_for(stdout);
  std::vector<std::string> whole;
  for (const TraceId id : traces) whole.push_back(id.is_valid() ? id.to_string() : "");
  const Table table = table_with(whole);
  return table.fits(canvas) ? table.draw(canvas) : table_with(short_trace_ids(store, traces)).draw(canvas);
}

std::string nothing_found(std::string_view records, std::string_view where) {
  return "No such " + std::string(records) + " in " + printable(where) + ".\n";
}

std::string listing_to_json(const std::string& records, Array rows, bool truncated) {
  return to_pretty_json(Object{{records, std::move(rows)}, {"truncated", truncated}}) + "\n";
}

}  // namespace spark::sparktel
