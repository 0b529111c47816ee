#include "spark/rsi/graph_catalog.h"

#include <algorithm>
#include <utility>

#include "rsi/catalog_documents.h"
#include "spark/base/error.h"

namespace spark {

namespace {

using rsi::CatalogDocument;

constexpr std::size_t most_remembered = 100;  // of the versions that were active before

void check(const Decision& decision) {
  if (decision.actor.empty()) {
    throw Error(ErrorCode::invalid_argument, "a decision about a graph's version has no actor");
  }
}

Error unknown_version(std::string_view graph_id, std::string_view version) {
  return {ErrorCode::not_found,
          "the catalog has no version \"" + std::string(version) + "\" of the graph \"" + std::string(graph_id) + "\""};
}

void make_active(GraphCatalog::Entry& entry, const std::string& version) {
  if (!entry.active.empty()) entry.before.push_back(entry.active);
  if (entry.before.size() > most_remembered) entry.before.erase(entry.before.begin());
  entry.active = version;
}

}  // namespace

GraphCatalog::GraphCatalog(std::shared_ptr<Store> store, const Clock& clock) : store_(std::move(store)), clock_(clock) {
  if (store_ == nullptr) throw Error(ErrorCode::invalid_argument, "a catalog of graphs needs a store");
}

std::string GraphCatalog::add(const Graph& graph, const Decision& decision, const std::string& parent) {
  check(decision);
  const std::string &graph_id = graph.graph_id(), &version = graph.version();
  if (!parent.empty() && !find(graph_id, parent)) throw unknown_version(graph_id, parent);
  GraphVersion added;
  added.graph_id = graph_id;
  added.version = version;
  added.parent = parent;
  added.created = clock_.wall_now();
  added.decision = decision;
  added.spec = to_value(graph.spec());
  if (!rsi::put_version(*store_, added)) {
    const std::optional<GraphVersion> known = find(graph_id, version);
    if (known && known->spec != added.spec) {
      throw Error(ErrorCode::invalid_argument, "the catalog has another graph \"" + graph_id + "\" of the version \"" +
                                                   version + "\": a version is for one content");
    }
  }
  // Also of a version that is there already: who wrote it may have been killed before this.
  rsi::update_document(*store_, graph_id, [&](CatalogDocument& document) {
    if (document.has_version(version)) return false;
    document.versions.push_back(version);
    CatalogEvent event;
    event.time = added.created;
    event.what = "added";
    event.version = version;
    event.before = parent;
    event.decision = decision;
    document.append(std::move(event));
    return true;
  });
  return version;
}

std::vector<std::string> GraphCatalog::graphs() const { return store_->list(rsi::catalog_kind); }

std::vector<std::string> GraphCatalog::versions(std::string_view graph_id) const {
  return rsi::read_document(*store_, graph_id).versions;
}

std::optional<GraphVersion> GraphCatalog::find(std::string_view graph_id, std::string_view version) const {
  return rsi::get_version(*store_, graph_id, version);
}

GraphSpec GraphCatalog::spec(std::string_view graph_id, std::string_view version, const NodeRegistry& registry) const {
  const std::optional<GraphVersion> found = find(graph_id, version);
  if (!found) throw unknown_version(graph_id, version);
  return graph_spec_from_value(found->spec, registry);
}

std::optional<ActiveGraph> GraphCatalog::active(std::string_view graph_id) const {
  CatalogDocument document = rsi::read_document(*store_, graph_id);
  if (document.entry.active.empty()) return std::nullopt;
  ActiveGraph active;
  active.version = std::move(document.entry.active);
  active.revision = document.revision;
  active.rollout = std::move(document.entry.rollout);
  return active;
}

std::vector<CatalogEvent> GraphCatalog::history(std::string_view graph_id) const {
  return rsi::read_history(*store_, graph_id);
}

void GraphCatalog::activate(std::string_view graph_id, const std::string& version, const Decision& decision,
                            const std::optional<std::string>& expected) {
  check(decision);
  rsi::update_document(*store_, graph_id, [&](CatalogDocument& document) {
    Entry& entry = document.entry;
    if (!document.has_version(version)) throw unknown_version(graph_id, version);
    if (expected && *expected != entry.active) {
      throw Error(ErrorCode::conflict, "version \"" + entry.active + "\" of the graph \"" + std::string(graph_id) +
                                           "\" is active, not \"" + *expected + "\" as expected");
    }
    if (entry.active == version && entry.rollout.is_null()) return false;
    CatalogEvent event;
    event.time = clock_.wall_now();
    event.what = "activated";
    event.version = version;
    event.before = entry.active;
    event.decision = decision;
    if (entry.active != version) make_active(entry, version);
    entry.rollout = Value();
    document.append(std::move(event));
    return true;
  });
}

std::string GraphCatalog::rollback(std::string_view graph_id, const Decision& decision) {
  check(decision);
  std::string version;
  rsi::update_document(*store_, graph_id, [&](CatalogDocument& document) {
    Entry& entry = document.entry;
    if (entry.before.empty()) {
      throw Error(ErrorCode::not_found,
                  "no version of the graph \"" + std::string(graph_id) + "\" was active before the current one");
    }
    version = entry.before.back();
    CatalogEvent event;
    event.time = clock_.wall_now();
    event.what = "rolled_back";
    event.version = version;
    event.before = entry.active;
    event.decision = decision;
    entry.before.pop_back();
    entry.active = version;
    entry.rollout = Value();
    document.append(std::move(event));
    return true;
  });
  return version;
}

void GraphCatalog::update(std::string_view graph_id, const Change& change) {
  rsi::update_document(*store_, graph_id, [&](CatalogDocument& document) {
    CatalogEvent event = change(document.entry);
    check(event.decision);
    event.time = clock_.wall_now();
    document.append(std::move(event));
    return true;
  });
}

}  // namespace spark
