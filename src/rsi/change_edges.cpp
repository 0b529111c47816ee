// Changes of what follows what.
#include <algorithm>
#include <utility>

#include "rsi/spec_parts.h"
#include "spark/base/error.h"
#include "spark/rsi/change.h"

namespace spark {

namespace {

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::invalid_argument, what); }

bool is_plain(const EdgeSpec& edge) { return edge.kind == EdgeKind::forward && edge.condition.is_always(); }

bool is_about_failure(const EdgeSpec& edge) { return edge.kind == EdgeKind::error; }

// The only thing that runs after `first` when it has given outputs, whatever these are; and it runs after nothing else.
EdgeSpec only_edge(const GraphSpec& spec, const std::string& first, const std::string& second) {
  std::vector<EdgeSpec> from = rsi::edges_from(spec, first);
  std::erase_if(from, is_about_failure);
  const std::vector<EdgeSpec> to = rsi::edges_to(spec, second);
  if (from.size() != 1 || to.size() != 1 || from.front() != to.front() || !is_plain(from.front())) {
    refuse("\"" + second + "\" is not all that follows \"" + first +
           "\", without a condition, and follows nothing else");
  }
  return from.front();
}

bool is_start(const GraphSpec& spec, const std::string& node) {
  return !spec.nodes.empty() && spec.nodes.front().id == node;
}

}  // namespace

Change Change::add_edge(const GraphSpec& spec, EdgeSpec edge) {
  static_cast<void>(rsi::find_node(spec, edge.from));
  static_cast<void>(rsi::find_node(spec, edge.to));
  for (const EdgeSpec& known : spec.edges) {
    if (known.from == edge.from && known.to == edge.to && known.kind == edge.kind) {
      refuse("there is an edge " + rsi::name_of(known) + " already");
    }
  }
  std::vector<std::string> nodes{edge.from, edge.to};
  OfEdges content;
  content.added.push_back(std::move(edge));
  return {ChangeKind::add_edge, std::move(nodes), std::move(content)};
}

Change Change::remove_edge(const GraphSpec& spec, const std::string& from, const std::string& to) {
  for (const EdgeSpec& edge : spec.edges) {
    if (edge.from != from || edge.to != to || edge.kind != EdgeKind::forward) continue;
    OfEdges content;
    content.removed.push_back(edge);
    return {ChangeKind::remove_edge, {from, to}, std::move(content)};
  }
  throw Error(ErrorCode::not_found, "the graph \"" + spec.id + "\" has no edge " + from + " → " + to);
}

Change Change::reorder(const GraphSpec& spec, const std::string& first, const std::string& second) {
  static_cast<void>(rsi::find_node(spec, first));
  static_cast<void>(rsi::find_node(spec, second));
  const EdgeSpec between = only_edge(spec, first, second);
  OfEdges content;
  const auto replace = [&content](const EdgeSpec& edge, const std::string& from, const std::string& to) {
    EdgeSpec moved = edge;
    moved.from = from;
    moved.to = to;
    content.removed.push_back(edge);
    content.added.push_back(std::move(moved));
  };
  replace(between, second, first);
  for (const EdgeSpec& edge : rsi::edges_to(spec, first)) {
    if (edge.from == second) refuse("\"" + first + "\" and \"" + second + "\" are a loop");
    replace(edge, edge.from, second);
  }
  for (const EdgeSpec& edge : rsi::edges_from(spec, second)) {
    if (is_about_failure(edge)) continue;  // of the node, wherever it stands
    if (!is_plain(edge)) refuse("what follows \"" + second + "\" depends on its outputs");
    replace(edge, first, edge.to);
  }
  if (is_start(spec, first)) {
    content.start_before = first;
    content.start_after = second;
  }
  return {ChangeKind::reorder, {first, second}, std::move(content)};
}

Change Change::parallelize(const GraphSpec& spec, const std::vector<std::string>& nodes) {
  if (nodes.size() < 2) refuse("at least two nodes can run beside each other");
  for (const std::string& node : nodes) static_cast<void>(rsi::find_node(spec, node));
  if (is_start(spec, nodes.front())) refuse("\"" + nodes.front() + "\" is the start, beside which nothing runs");
  OfEdges content;
  for (std::size_t i = 0; i + 1 < nodes.size(); ++i) content.removed.push_back(only_edge(spec, nodes[i], nodes[i + 1]));
  const std::vector<EdgeSpec> before = rsi::edges_to(spec, nodes.front());
  for (const EdgeSpec& edge : before) {
    if (edge.kind == EdgeKind::loop) refuse("\"" + nodes.front() + "\" is the beginning of a loop");
    for (auto node = nodes.begin() + 1; node != nodes.end(); ++node) {
      EdgeSpec added = edge;
      added.to = *node;
      content.added.push_back(std::move(added));
    }
  }
  for (const EdgeSpec& edge : rsi::edges_from(spec, nodes.back())) {
    if (is_about_failure(edge)) continue;
    if (!is_plain(edge)) refuse("what follows \"" + nodes.back() + "\" depends on its outputs");
    for (auto node = nodes.begin(); node + 1 != nodes.end(); ++node) {
      EdgeSpec added = edge;
      added.from = *node;
      content.added.push_back(std::move(added));
    }
  }
  return {ChangeKind::parallelize, nodes, std::move(content)};
}

}  // namespace spark
