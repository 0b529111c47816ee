#include <algorithm>

#include "rsi/spec_parts.h"
#include "spark/base/json.h"
#include "spark/rsi/change.h"

namespace spark {

namespace {

constexpr std::size_t most_shown_of_diff = 60;  // of a value

void compare_config(std::vector<std::string>& lines, const NodeSpec& before, const NodeSpec& after) {
  for (const auto& member : before.config) {
    const Value* const now = after.config.find(member.key);
    if (now != nullptr && *now == member.value) continue;
    lines.push_back("~ " + before.id + ": " + member.key + " " + rsi::shown(member.value, most_shown_of_diff) + " → " +
                    rsi::shown(now != nullptr ? *now : Value(), most_shown_of_diff));
  }
  for (const auto& member : after.config) {
    if (before.config.contains(member.key)) continue;
    lines.push_back("~ " + before.id + ": " + member.key + " (none) → " + rsi::shown(member.value, most_shown_of_diff));
  }
}

void compare_nodes(std::vector<std::string>& lines, const NodeSpec& before, const NodeSpec& after) {
  if (before.type != after.type) lines.push_back("~ " + before.id + ": " + before.type + " → " + after.type);
  compare_config(lines, before, after);
  const std::string policy = rsi::policy_text(before.policy, after.policy);
  if (!policy.empty()) lines.push_back("~ " + before.id + ": " + policy);
  if (!(before.join == after.join)) {
    lines.push_back("~ " + before.id + ": join " + to_json(to_value(before.join)) + " → " +
                    to_json(to_value(after.join)));
  }
}

}  // namespace

std::vector<std::string> diff(const GraphSpec& before, const GraphSpec& after) {
  std::vector<std::string> lines;
  if (!before.nodes.empty() && !after.nodes.empty() && before.nodes.front().id != after.nodes.front().id) {
    lines.push_back("~ starts at " + before.nodes.front().id + " → " + after.nodes.front().id);
  }
  if (before.max_parallel_nodes != after.max_parallel_nodes) {
    lines.push_back("~ max_parallel_nodes " + std::to_string(before.max_parallel_nodes) + " → " +
                    std::to_string(after.max_parallel_nodes));
  }
  for (const NodeSpec& node : before.nodes) {
    const NodeSpec* const now = rsi::find_node_if_any(after, node.id);
    if (now == nullptr) {
      lines.push_back("- " + node.id + " (" + node.type + ")");
    } else {
      compare_nodes(lines, node, *now);
    }
  }
  for (const NodeSpec& node : after.nodes) {
    if (rsi::find_node_if_any(before, node.id) == nullptr) lines.push_back("+ " + node.id + " (" + node.type + ")");
  }
  const auto list_edges = [&lines](const GraphSpec& of, const GraphSpec& other, const char* sign) {
    for (const EdgeSpec& edge : of.edges) {
      if (std::find(other.edges.begin(), other.edges.end(), edge) != other.edges.end()) continue;
      lines.push_back(sign + rsi::name_of(edge));
    }
  };
  list_edges(before, after, "- ");
  list_edges(after, before, "+ ");
  for (const auto& [hash, spec] : before.subgraphs) {
    if (!after.subgraphs.contains(hash)) lines.push_back("- subgraph " + spec.id + " " + hash);
  }
  for (const auto& [hash, spec] : after.subgraphs) {
    if (!before.subgraphs.contains(hash)) lines.push_back("+ subgraph " + spec.id + " " + hash);
  }
  return lines;
}

}  // namespace spark
