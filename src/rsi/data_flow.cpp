#include "rsi/data_flow.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "rsi/spec_parts.h"

namespace spark::rsi {

namespace {

// Names of members; empty optional: not known.
using Members = std::optional<std::set<std::string>>;

class Flow {
 public:
  Flow(const GraphSpec& spec, const NodeRegistry& registry) : spec_(spec), registry_(registry) {}

  // What a node may count on: of several edges that all are taken, what any of them brings.
  const Members& inputs_of(const std::string& id) {
    const auto known = inputs_.find(id);
    if (known != inputs_.end()) return known->second;
    inputs_[id] = Members();  // of a loop, until it is known
    Members all = std::set<std::string>();
    bool has_edge = false;
    for (const EdgeSpec& edge : edges_to(spec_, id)) {
      if (edge.kind != EdgeKind::forward) continue;
      has_edge = true;
      const Members outputs = outputs_of(edge.from);
      if (!outputs || !all) {
        all = std::nullopt;
      } else {
        all->insert(outputs->begin(), outputs->end());
      }
    }
    // What a run begins with is not declared anywhere.
    if (!has_edge) all = std::nullopt;
    return inputs_[id] = std::move(all);
  }

  Members outputs_of(const std::string& id) {
    const NodeTraits& traits = registry_.traits(find_node(spec_, id).type);
    if (!traits.gives) return std::nullopt;
    Members outputs = std::set<std::string>();
    for (const Port& port : *traits.gives) outputs->insert(port.name);
    if (!traits.passes_inputs) return outputs;
    const Members& inputs = inputs_of(id);
    if (!inputs) return std::nullopt;
    outputs->insert(inputs->begin(), inputs->end());
    return outputs;
  }

 private:
  const GraphSpec& spec_;
  const NodeRegistry& registry_;
  std::map<std::string, Members> inputs_;
};

std::set<std::string> sources_of(const GraphSpec& spec, const std::string& id) {
  std::set<std::string> sources;
  for (const EdgeSpec& edge : edges_to(spec, id)) sources.insert(edge.from);
  return sources;
}

}  // namespace

std::vector<std::string> flow_faults(const GraphSpec& before, const GraphSpec& after, const NodeRegistry& registry) {
  std::vector<std::string> faults;
  Flow flow(after, registry);
  for (const NodeSpec& node : after.nodes) {
    if (sources_of(before, node.id) == sources_of(after, node.id)) continue;
    const NodeTraits& traits = registry.traits(node.type);
    if (!traits.reads) {
      faults.push_back(node.id + " would follow other nodes, and " + node.type + " does not say what it reads");
      continue;
    }
    if (traits.reads->empty()) continue;
    const Members& inputs = flow.inputs_of(node.id);
    if (!inputs) {
      faults.push_back(node.id + " would follow nodes that do not say what they give");
      continue;
    }
    for (const Port& port : *traits.reads) {
      if (!inputs->contains(port.name)) faults.push_back(node.id + " would not get \"" + port.name + "\"");
    }
  }
  return faults;
}

}  // namespace spark::rsi
