// What is known of a type of nodes beside how to make one: for whoever looks for better graphs, and must not break what
// works. Given to NodeRegistry::describe; a type that was not described has effects and may read and give anything.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spark/base/value.h"

namespace spark {

// A member of what flows into a node or out of it.
struct Port {
  std::string name = {};
  ValueType type = ValueType::null;  // null: any

  bool operator==(const Port&) const = default;
};

struct NodeTraits {
  // A run of it changes something outside (a mail, a row, an order): it is never done again without consent, and not
  // left out.
  bool has_effects = true;
  // The same inputs give the same outputs, so that these may be kept.
  bool is_repeatable = false;
  // What it needs of its inputs, and what it gives. Empty optional: not known.
  std::optional<std::vector<Port>> reads = {};
  std::optional<std::vector<Port>> gives = {};
  // It hands on the members of its inputs too.
  bool passes_inputs = false;
  // Other types that do the same.
  std::vector<std::string> alternatives = {};

  bool operator==(const NodeTraits&) const = default;
};

}  // namespace spark
