// A Change is one difference between two versions of a graph, as data: it can be applied, described, reversed, stored
// and counted. It says what was there before as well as what comes, so that it applies only where it was meant to.
//
//   const spark::Change change = spark::Change::set_config(spec, "fetch_1", "timeout_s", 5);
//   const spark::GraphSpec better = change.apply(spec);
//   change.reversed().apply(better);          // as it was
//   change.to_string();                       // fetch_1: timeout_s 1 → 5
//
// Plain values. What a change may be is not asked here, but by ChangeValidator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "spark/base/value.h"
#include "spark/graph/graph_spec.h"

namespace spark {

// Permanent: a kind keeps its meaning and its name, by which experience is kept.
enum class ChangeKind : std::uint8_t {
  set_config,    // a member of a node's configuration: a prompt, a model, a temperature, any tunable
  set_retry,     // attempts and backoff
  set_timeout,   // of a node
  set_cache,     // of a node
  replace_node,  // another type, which does the same
  add_edge,
  remove_edge,
  reorder,      // two nodes that follow each other change places
  parallelize,  // nodes that follow each other run beside each other
};
// The names as spelled above. Static storage.
[[nodiscard]] std::string_view to_string(ChangeKind kind) noexcept;
// Throws Error(invalid_argument) naming the text.
[[nodiscard]] ChangeKind change_kind_from_string(std::string_view text);

class Change {
 public:
  // Of a spec as it is. All throw Error(not_found) for a node or an edge that is not there, and Error(invalid_argument)
  // for what would change nothing.
  [[nodiscard]] static Change set_config(const GraphSpec& spec, const std::string& node, const std::string& member,
                                         Value value);
  // One of set_retry, set_timeout, set_cache, by what differs; only that may differ.
  [[nodiscard]] static Change set_policy(const GraphSpec& spec, const std::string& node, const NodePolicy& policy);
  [[nodiscard]] static Change replace_node(const GraphSpec& spec, const std::string& node, const std::string& type,
                                           Object config);
  [[nodiscard]] static Change add_edge(const GraphSpec& spec, EdgeSpec edge);
  // The forward edge between them.
  [[nodiscard]] static Change remove_edge(const GraphSpec& spec, const std::string& from, const std::string& to);
  // `first` is followed by `second` alone, and that by nothing else than it: they change places.
  [[nodiscard]] static Change reorder(const GraphSpec& spec, const std::string& first, const std::string& second);
  // Nodes of which each is followed by the next alone, without conditions: all of them run after what the first ran
  // after, and what followed the last waits for all.
  [[nodiscard]] static Change parallelize(const GraphSpec& spec, const std::vector<std::string>& nodes);

  [[nodiscard]] ChangeKind kind() const noexcept { return kind_; }
  // The nodes that it is about.
  [[nodiscard]] const std::vector<std::string>& nodes() const noexcept { return nodes_; }

  // Throws Error(conflict), naming the place, if the spec is not as the change expects it.
  [[nodiscard]] GraphSpec apply(const GraphSpec& spec) const;
  // What takes it back; edges may then stand in another order, which means nothing.
  [[nodiscard]] Change reversed() const;
  // For people, on one line; long texts are cut.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] Value to_value() const;
  // The inverse. Throws Error(invalid_argument), naming the place, for anything else.
  [[nodiscard]] static Change from_value(const Value& value, const NodeRegistry& registry);

  // What it consists of.
  struct OfConfig {
    std::string member;
    Value before, after;  // null: not there
  };
  struct OfPolicy {
    NodePolicy before, after;
  };
  struct OfType {
    std::string type_before, type_after;
    Object config_before, config_after;
  };
  struct OfEdges {
    std::vector<EdgeSpec> removed, added;
    std::string start_before, start_after;  // empty: the start stays
  };
  using Content = std::variant<OfConfig, OfPolicy, OfType, OfEdges>;
  [[nodiscard]] const Content& content() const noexcept { return content_; }

 private:
  Change(ChangeKind kind, std::vector<std::string> nodes, Content content);

  ChangeKind kind_;
  std::vector<std::string> nodes_;
  Content content_;
};

// What two versions differ in, for people: a line for each node, policy, configuration member and edge. Empty if they
// are the same.
[[nodiscard]] std::vector<std::string> diff(const GraphSpec& before, const GraphSpec& after);

}  // namespace spark
