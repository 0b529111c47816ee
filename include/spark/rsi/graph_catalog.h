// GraphCatalog keeps the versions of graphs in a store's documents: what each consists of, which one it was made from,
// which one is active, and everything that was decided about it. Versions never change; which one is active does.
//
//   spark::GraphCatalog catalog(manager.store());
//   const std::string first = catalog.add(graph, {.actor = "anna", .reason = "the first one"});
//   catalog.activate("pipeline", first, {.actor = "anna", .reason = "goes live"});
//   …
//   catalog.rollback("pipeline", {.actor = "anna", .reason = "too slow"});
//
// What is active and the record of how it became so are one document, written at once: a process that is killed at any
// moment leaves both as they were or both changed. Writers of several processes are told apart by the document's
// revision and wait for nobody: who comes second looks again, and gets Error(conflict) if what it wanted no longer
// follows. Calls block as long as the store does, and are safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/clock.h"
#include "spark/base/value.h"
#include "spark/graph/graph.h"
#include "spark/graph/graph_spec.h"
#include "spark/telemetry/sink.h"

namespace spark {

// Who decides, and why. Both are kept for ever; no secrets.
struct Decision {
  std::string actor = {};   // a person, or "rsi"; not empty
  std::string reason = {};  // for people
  Object evidence = {};     // trace ids, figures: whatever the decision rests on

  bool operator==(const Decision&) const = default;
};

struct GraphVersion {
  std::string graph_id = {};
  std::string version = {};  // as traces name it: graph_version
  std::string parent = {};   // the version it was made from; empty: none
  Timestamp created = {};
  Decision decision = {};
  Value spec = {};  // to_value(GraphSpec)
};

// One entry of a graph's audit trail.
struct CatalogEvent {
  std::uint64_t number = 0;  // from 1, without gaps
  Timestamp time = {};
  std::string what = {};     // "added", "activated", "rolled_back", "rollout_…", "stopped"
  std::string version = {};  // that it is about
  std::string before = {};   // the version that was active before; of "added", the parent
  Decision decision = {};

  bool operator==(const CatalogEvent&) const = default;
};

// What runs now.
struct ActiveGraph {
  std::string version = {};
  std::uint64_t revision = 0;  // of the catalog's entry: another one means that something was decided meanwhile
  Value rollout = {};          // of a rollout under way (rollout.h); null: none
};

class GraphCatalog {
 public:
  // The store must outlive it, or be shared.
  explicit GraphCatalog(std::shared_ptr<Store> store, const Clock& clock = system_clock());

  // Adds the graph's version, if it is not there yet, and returns it. Throws Error(invalid_argument) for a decision
  // without an actor, for a parent that the catalog does not have, and for a graph whose version names other content
  // than what the catalog has under it.
  std::string add(const Graph& graph, const Decision& decision, const std::string& parent = {});

  // Of all graphs, in alphabetical order.
  [[nodiscard]] std::vector<std::string> graphs() const;
  // In the order in which they were added.
  [[nodiscard]] std::vector<std::string> versions(std::string_view graph_id) const;
  [[nodiscard]] std::optional<GraphVersion> find(std::string_view graph_id, std::string_view version) const;
  // Throws Error(not_found) for a version that is not there, and what graph_spec_from_value throws.
  [[nodiscard]] GraphSpec spec(std::string_view graph_id, std::string_view version, const NodeRegistry& registry) const;
  // Empty: no version was ever activated.
  [[nodiscard]] std::optional<ActiveGraph> active(std::string_view graph_id) const;
  // The whole audit trail, the first decision first.
  [[nodiscard]] std::vector<CatalogEvent> history(std::string_view graph_id) const;

  // Makes a version the active one; nothing happens if it is. With `expected`, only if that is the active one: else
  // Error(conflict). Throws Error(not_found) for a version that is not there. A rollout that is under way ends.
  void activate(std::string_view graph_id, const std::string& version, const Decision& decision,
                const std::optional<std::string>& expected = {});
  // Makes the version active that was so before the current one, and returns it. Throws Error(not_found) if there is
  // none.
  std::string rollback(std::string_view graph_id, const Decision& decision);

  // What a rollout changes of the entry, in one write with the event that says so.
  struct Entry {
    std::string active = {};
    std::vector<std::string> before = {};  // that were active, the last one last; at most 100
    Value rollout = {};
  };
  // Calls `change` with the entry as it is, until nobody else has written in between, and writes what it made of it and
  // the event. Throws what `change` throws, and then changes nothing.
  using Change = std::function<CatalogEvent(Entry& entry)>;
  void update(std::string_view graph_id, const Change& change);

 private:
  const std::shared_ptr<Store> store_;
  const Clock& clock_;
};

}  // namespace spark
