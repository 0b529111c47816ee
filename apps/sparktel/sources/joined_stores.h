// JoinedStores is several files or databases as one place to ask about a trace that several services have recorded,
// each into its own: what any of them has of it, each record once however many have it. Opened for reading.
//
// Whoever makes it owns it, and it owns the stores. For one thread. Functions block and throw what the stores throw.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/sparktel/sources/location.h"
#include "spark/telemetry/query.h"
#include "spark/telemetry/records.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

struct JoinedTrace {
  // The trace's own record where a store has it, one that has ended before one that has not. Otherwise what the partial
  // ones say together: the name of the earliest, from the first start to the last end.
  Trace trace = {};
  std::vector<Span> spans = {};               // of one store after the other, newest first
  std::vector<std::size_t> store_of = {};     // for each span the first store that has it
  std::vector<bool> is_in = {};               // for each store whether it has the trace or a span of it
  std::vector<std::size_t> span_counts = {};  // for each store
  bool truncated = false;                     // a store has more spans
};

class JoinedStores {
 public:
  // At least one. Throws Error as open_for_reading, which names the one that cannot be opened.
  explicit JoinedStores(std::span<const Location> where);

  // In the order in which they were named, as is everything by store.
  [[nodiscard]] std::span<Store* const> stores() const noexcept { return {stores_.data(), stores_.size()}; }
  // As Location::name().
  [[nodiscard]] const std::string& name(std::size_t store) const noexcept { return names_[store]; }

  // Nothing if no store has the trace; that one has spans alone does not count. At most so many spans of each.
  [[nodiscard]] std::optional<JoinedTrace> find_trace(TraceId id, std::size_t most_spans);

  // As of a Store, in the query's order by time, but for the limit, which is that of each store, and without a cursor.
  [[nodiscard]] Page<Event> query_events(const EventQuery& query);
  [[nodiscard]] Page<Metric> query_metrics(const MetricQuery& query);
  // Of the first store that has any.
  [[nodiscard]] Page<GraphDefinition> query_graphs(const GraphQuery& query);

 private:
  std::vector<std::unique_ptr<Store>> owned_;
  std::vector<Store*> stores_;
  std::vector<std::string> names_;
};

}  // namespace spark::sparktel
