#include "rsi/spec_parts.h"

#include <algorithm>
#include <iterator>

#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::rsi {

namespace {

std::string seconds_text(Seconds time) {
  if (time == Seconds(0)) return "none";
  std::string text = to_json(Value(time.count()));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text + " s";
}

std::string cache_text(const std::optional<CachePolicy>& cache) {
  if (!cache) return "none";
  std::string text = std::to_string(cache->max_entries) + " entries";
  if (cache->time_to_live > Seconds(0)) text += " of at most " + seconds_text(cache->time_to_live);
  return text;
}

std::string backoff_text(const Backoff& backoff) {
  return seconds_text(backoff.initial) + " × " + to_json(Value(backoff.factor)) + " up to " +
         seconds_text(backoff.longest) + " with jitter " + to_json(Value(backoff.jitter));
}

}  // namespace

const NodeSpec* find_node_if_any(const GraphSpec& spec, const std::string& id) noexcept {
  const auto found = std::find_if(spec.nodes.begin(), spec.nodes.end(), [&](const NodeSpec& n) { return n.id == id; });
  return found != spec.nodes.end() ? &*found : nullptr;
}

const NodeSpec& find_node(const GraphSpec& spec, const std::string& id) {
  if (const NodeSpec* const found = find_node_if_any(spec, id)) return *found;
  throw Error(ErrorCode::not_found, "the graph \"" + spec.id + "\" has no node \"" + id + "\"");
}

std::vector<EdgeSpec> edges_from(const GraphSpec& spec, const std::string& id) {
  std::vector<EdgeSpec> edges;
  std::copy_if(spec.edges.begin(), spec.edges.end(), std::back_inserter(edges),
               [&id](const EdgeSpec& edge) { return edge.from == id; });
  return edges;
}

std::vector<EdgeSpec> edges_to(const GraphSpec& spec, const std::string& id) {
  std::vector<EdgeSpec> edges;
  std::copy_if(spec.edges.begin(), spec.edges.end(), std::back_inserter(edges),
               [&id](const EdgeSpec& edge) { return edge.to == id; });
  return edges;
}

std::string name_of(const EdgeSpec& edge) {
  std::string text = edge.from + " → " + edge.to;
  if (edge.kind == EdgeKind::error) text += " on error";
  if (edge.kind == EdgeKind::loop) text += " up to " + std::to_string(edge.max_iterations) + " times";
  if (!edge.condition.is_always()) text += " if " + edge.condition.to_string();
  return text;
}

std::string shown(const Value& value, std::size_t most_bytes) {
  if (value.is_null()) return "(none)";
  const std::string text = to_json(value);
  return text.size() <= most_bytes ? text : std::string(utf8_prefix(text, most_bytes)) + "…";
}

std::string policy_text(const NodePolicy& before, const NodePolicy& after) {
  std::string text;
  const auto add = [&text](const std::string& what, const std::string& was, const std::string& is) {
    if (was == is) return;
    text += (text.empty() ? "" : ", ") + what + " " + was + " → " + is;
  };
  add("attempts", std::to_string(before.max_attempts), std::to_string(after.max_attempts));
  if (before.backoff != after.backoff) add("backoff", backoff_text(before.backoff), backoff_text(after.backoff));
  add("timeout", seconds_text(before.timeout), seconds_text(after.timeout));
  add("cache", cache_text(before.cache), cache_text(after.cache));
  return text;
}

}  // namespace spark::rsi
