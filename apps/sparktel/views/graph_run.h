// GraphRun is a graph as it was declared, and beside each of its nodes and edges what a trace says ran. Values in,
// values out; what is read may hold anything, and what makes no sense is counted, not believed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/value.h"
#include "spark/graph/edges.h"
#include "spark/telemetry/records.h"

namespace spark::sparktel {

// Of all executions of a node, or of several.
struct NodeTally {
  std::size_t runs = 0;  // attempts that have ended
  std::size_t failed = 0;
  std::size_t cancelled = 0;
  std::size_t retried = 0;  // runs that were not the first attempt
  std::size_t timed_out = 0;
  std::size_t cache_hits = 0;
  std::size_t not_ended = 0;             // began, and no end was recorded
  std::chrono::nanoseconds duration{0};  // of all runs together

  bool operator==(const NodeTally&) const = default;
};

struct DeclaredNode {
  std::string id = {};
  std::string type = {};
  std::string graph_id = {};  // of a subgraph
  Value policy = {};          // as declared; null: none
  Value join = {};            // as declared; null: none
  NodeTally tally = {};
};

struct DeclaredEdge {
  std::size_t from = 0;  // of `nodes`
  std::size_t to = 0;
  EdgeKind kind = EdgeKind::forward;
  std::string condition = {};       // for people; empty: always
  Value condition_value = {};       // as declared; null: always
  std::int64_t max_iterations = 0;  // of a loop; 0: not said
  std::size_t taken = 0;
};

struct GraphRun {
  std::string hash = {};
  std::string graph_id = {};
  std::string version = {};
  std::vector<DeclaredNode> nodes = {};  // as declared
  std::vector<DeclaredEdge> edges = {};  // as declared
  std::size_t runs = 0;                  // of the graph in the trace; its own included, whether it has ended or not
  std::size_t malformed = 0;             // nodes and edges of the definition that make no sense
  std::size_t undeclared = 0;            // executions of nodes and edges taken that the definition does not have
};

// The types of the events that read_graph_run counts.
inline constexpr std::string_view graph_event_types[] = {"edge_taken", "node_timeout", "node_started"};

// What names the definitions of the graphs that ran in a trace: that of the trace first, each once.
[[nodiscard]] std::vector<std::string> graph_hashes(const Trace& trace, std::span<const Span> spans);

// `events` may hold others too. Several runs of the graph in the trace are counted together; nodes of another graph
// that have the same ids are not.
[[nodiscard]] GraphRun read_graph_run(const GraphDefinition& definition, const Trace& trace,
                                      std::span<const Span> spans, std::span<const Event> events);

// For --json: every node and edge, durations in seconds.
[[nodiscard]] Object to_object(const GraphRun& run);

}  // namespace spark::sparktel
