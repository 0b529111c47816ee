// ChangeValidator says whether a change may be made of a graph at all: whether it is of a kind that is allowed, leaves
// alone what is protected, stays within what the nodes' types declare, and gives a graph that can be built. What a
// change does to speed, errors, cost and quality is for tests.
#pragma once

#include <string>
#include <vector>

#include "spark/graph/node_registry.h"
#include "spark/rsi/change.h"

namespace spark {

enum class Risk : std::uint8_t { low, medium, high };
// The names as spelled above. Static storage.
[[nodiscard]] std::string_view to_string(Risk risk) noexcept;

struct ChangeRules {
  std::vector<ChangeKind> allowed_kinds = {};     // empty: all
  std::vector<std::string> protected_nodes = {};  // globs of ids; nothing of these nodes or of their edges changes
  // Nodes with effects may be tried again and moved.
  bool allows_repeated_effects = false;

  bool operator==(const ChangeRules&) const = default;
};

class ChangeValidator {
 public:
  // The registry must outlive it. Throws Error(invalid_argument) for a glob that is none.
  ChangeValidator(const NodeRegistry& registry, ChangeRules rules);

  // Why it may not be made, for people: empty if it may. Throws nothing of what is wrong with the change.
  [[nodiscard]] std::vector<std::string> faults(const GraphSpec& spec, const Change& change) const;
  // What can go wrong if it is made: low for what waits, tries or keeps longer, medium for a configuration or another
  // type, high for what follows what, and for all that concerns a node with effects.
  [[nodiscard]] Risk risk(const GraphSpec& spec, const Change& change) const;

 private:
  [[nodiscard]] bool has_effects(const GraphSpec& spec, const std::string& node) const;

  const NodeRegistry& registry_;
  const ChangeRules rules_;
};

}  // namespace spark
