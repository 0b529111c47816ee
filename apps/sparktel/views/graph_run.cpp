#include "apps/sparktel/views/graph_run.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "apps/sparktel/views/graph_definition.h"
#include "spark/base/clock.h"

namespace spark::sparktel {

namespace {

using SpanIds = std::unordered_set<SpanId>;

// The spans that stand for a run of the graph: its nodes' are their children.
SpanIds runs_of(const std::string& hash, const Trace& trace, std::span<const Span> spans) {
  SpanIds runs;
  if (trace.graph_hash == hash && trace.root_span_id.is_valid()) runs.insert(trace.root_span_id);
  for (const Span& span : spans) {
    if (text_at(span.attributes, "graph_hash") == hash) runs.insert(span.span_id);
  }
  return runs;
}

void add_span(NodeTally& tally, const Span& span) {
  const Value* const cache_hit = span.attributes.find("cache_hit");
  if (cache_hit != nullptr && cache_hit->is_bool() && cache_hit->as_bool()) {
    ++tally.cache_hits;
    return;
  }
  ++tally.runs;
  if (span.status == SpanStatus::failed) ++tally.failed;
  if (span.status == SpanStatus::cancelled) ++tally.cancelled;
  const Value* const attempt = span.attributes.find("attempt");
  if (attempt != nullptr && attempt->is_int() && attempt->as_int() > 1) ++tally.retried;
  constexpr std::chrono::nanoseconds longest = std::chrono::nanoseconds::max();
  const auto duration = std::max(elapsed(span.start_time, span.end_time), std::chrono::nanoseconds(0));
  tally.duration = duration > longest - tally.duration ? longest : tally.duration + duration;
}

// Counts what belongs to the runs.
class RunCounting {
 public:
  RunCounting(GraphRun& run, const SpanIds& runs) : run_(run), runs_(runs) {
    for (DeclaredNode& node : run.nodes) nodes_.emplace(node.id, &node);
    for (DeclaredEdge& edge : run.edges) {
      edges_.emplace(EdgeKey(run.nodes[edge.from].id, run.nodes[edge.to].id, to_string(edge.kind)), &edge);
    }
  }

  void add(const Span& span) {
    if (!runs_.contains(span.parent_span_id) || !span.attributes.contains("node_id")) return;
    node_spans_.insert(span.span_id);
    if (DeclaredNode* const node = node_of(span.attributes)) {
      add_span(node->tally, span);
    } else {
      ++run_.undeclared;
    }
  }

  // After all spans.
  void add(const Event& event, bool may_be_running) {
    if (event.type == "edge_taken") {
      if (runs_.contains(event.span_id)) add_edge(event.attributes);
      return;
    }
    DeclaredNode* const node = node_of(event.attributes);
    if (node == nullptr) return;
    if (event.type == "node_timeout" && node_spans_.contains(event.span_id)) ++node->tally.timed_out;
    if (event.type == "node_started" && may_be_running) ++node->tally.not_ended;
  }

 private:
  // From, to, kind: views of what the run and the events hold.
  using EdgeKey = std::tuple<std::string_view, std::string_view, std::string_view>;

  DeclaredNode* node_of(const Object& attributes) const {
    const auto found = nodes_.find(text_at(attributes, "node_id"));
    return found != nodes_.end() ? found->second : nullptr;
  }

  void add_edge(const Object& attributes) {
    const std::string_view kind = text_at(attributes, "kind");
    const auto found =
        edges_.find({text_at(attributes, "from"), text_at(attributes, "to"), kind.empty() ? "forward" : kind});
    if (found != edges_.end()) {
      ++found->second->taken;
    } else {
      ++run_.undeclared;
    }
  }

  GraphRun& run_;
  const SpanIds& runs_;
  SpanIds node_spans_;
  std::unordered_map<std::string_view, DeclaredNode*> nodes_;
  std::map<EdgeKey, DeclaredEdge*> edges_;
};

}  // namespace

std::vector<std::string> graph_hashes(const Trace& trace, std::span<const Span> spans) {
  std::vector<std::string> hashes;
  std::unordered_set<std::string_view> seen;
  const auto add = [&](std::string_view hash) {
    if (!hash.empty() && seen.insert(hash).second) hashes.emplace_back(hash);
  };
  add(trace.graph_hash);
  for (const Span& span : spans) add(text_at(span.attributes, "graph_hash"));
  return hashes;
}

GraphRun read_graph_run(const GraphDefinition& definition, const Trace& trace, std::span<const Span> spans,
                        std::span<const Event> events) {
  GraphRun run = read_definition(definition);
  const SpanIds runs = runs_of(definition.hash, trace, spans);
  run.runs = runs.size();
  RunCounting counting(run, runs);
  SpanIds ended;
  for (const Span& span : spans) {
    counting.add(span);
    ended.insert(span.span_id);
  }
  // A span is written at its end, so of one that has none it is not known which run it belongs to: the trace's own, if
  // any.
  const bool is_own = trace.graph_hash == definition.hash;
  for (const Event& event : events) counting.add(event, is_own && !ended.contains(event.span_id));
  return run;
}

Object to_object(const GraphRun& run) {
  Array nodes;
  for (const DeclaredNode& node : run.nodes) {
    const NodeTally& tally = node.tally;
    nodes.emplace_back(Object{{"id", node.id},
                              {"type", node.type},
                              {"graph_id", node.graph_id.empty() ? Value() : Value(node.graph_id)},
                              {"policy", node.policy},
                              {"join", node.join},
                              {"runs", tally.runs},
                              {"failed", tally.failed},
                              {"cancelled", tally.cancelled},
                              {"retried", tally.retried},
                              {"timed_out", tally.timed_out},
                              {"cache_hits", tally.cache_hits},
                              {"not_ended", tally.not_ended},
                              {"duration", Seconds(tally.duration).count()}});
  }
  Array edges;
  for (const DeclaredEdge& edge : run.edges) {
    edges.emplace_back(Object{{"from", run.nodes[edge.from].id},
                              {"to", run.nodes[edge.to].id},
                              {"kind", to_string(edge.kind)},
                              {"condition", edge.condition_value},
                              {"condition_text", edge.condition.empty() ? Value() : Value(edge.condition)},
                              {"max_iterations", edge.max_iterations > 0 ? Value(edge.max_iterations) : Value()},
                              {"taken", edge.taken}});
  }
  return Object{{"hash", run.hash},           {"graph_id", run.graph_id},    {"version", run.version},
                {"runs", run.runs},           {"nodes", std::move(nodes)},   {"edges", std::move(edges)},
                {"malformed", run.malformed}, {"undeclared", run.undeclared}};
}

}  // namespace spark::sparktel
