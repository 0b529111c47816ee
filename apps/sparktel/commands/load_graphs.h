// The graphs of a trace, read from where telemetry is kept. For the main thread; blocks while it reads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "apps/sparktel/views/graph_run.h"
#include "spark/telemetry/query.h"
#include "spark/telemetry/records.h"

namespace spark::sparktel {

inline constexpr std::size_t most_graphs = 20;  // of one trace; subgraphs count

struct LoadedGraphs {
  std::vector<GraphRun> graphs = {};  // those whose definition is there; the trace's own first
  bool truncated = false;             // there are more events or graphs
};

// `source` is a Store or a TelemetryManager; `spans` are those of the trace with their attributes. Reads at most
// `most_events` events of each type.
template <class Source>
[[nodiscard]] LoadedGraphs load_graphs(Source& source, const Trace& trace, const std::vector<Span>& spans,
                                       std::size_t most_events) {
  LoadedGraphs result;
  std::vector<std::string> hashes = graph_hashes(trace, spans);
  if (hashes.empty()) return result;
  result.truncated = hashes.size() > most_graphs;
  hashes.resize(std::min(hashes.size(), most_graphs));
  std::vector<Event> events;
  for (const std::string_view type : graph_event_types) {
    const EventQuery query{.limit = most_events, .trace_id = trace.trace_id, .event_type = std::string(type)};
    Page<Event> page = source.query_events(query);
    result.truncated = result.truncated || page.truncated;
    events.insert(events.end(), page.begin(), page.end());
  }
  for (const std::string& hash : hashes) {
    const GraphQuery query{.limit = 1, .hash = hash};
    const Page<GraphDefinition> page = source.query_graphs(query);
    if (!page.empty()) result.graphs.push_back(read_graph_run(page.front(), trace, spans, events));
  }
  return result;
}

}  // namespace spark::sparktel
