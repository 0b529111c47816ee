#include "rsi/catalog_documents.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "spark/base/error.h"

namespace spark::rsi {

namespace {

// Writers that come between a read and a write are few; more tries than this mean that something else is wrong.
constexpr int most_tries = 1'000;

std::int64_t ns_of(Timestamp time) { return time.time_since_epoch().count(); }
Timestamp time_of(const Value& value) { return Timestamp(std::chrono::nanoseconds(value.as_int())); }

Value to_value(const Decision& decision) {
  return Object{{"actor", decision.actor}, {"reason", decision.reason}, {"evidence", decision.evidence}};
}

Decision decision_of(const Value& value) {
  const Object& object = value.as_object();
  Decision decision;
  decision.actor = object.at("actor").as_string();
  decision.reason = object.at("reason").as_string();
  decision.evidence = object.at("evidence").as_object();
  return decision;
}

Value to_value(const CatalogEvent& event) {
  return Object{{"number", event.number},   {"time", ns_of(event.time)}, {"what", event.what},
                {"version", event.version}, {"before", event.before},    {"decision", to_value(event.decision)}};
}

CatalogEvent event_of(const Value& value) {
  const Object& object = value.as_object();
  CatalogEvent event;
  event.number = static_cast<std::uint64_t>(object.at("number").as_int());
  event.time = time_of(object.at("time"));
  event.what = object.at("what").as_string();
  event.version = object.at("version").as_string();
  event.before = object.at("before").as_string();
  event.decision = decision_of(object.at("decision"));
  return event;
}

template <class Item, class Function>
Array array_of(const std::vector<Item>& items, const Function& function) {
  Array array;
  array.reserve(items.size());
  for (const Item& item : items) array.emplace_back(function(item));
  return array;
}

Value to_value(const CatalogDocument& document) {
  const auto text = [](const std::string& version) { return Value(version); };
  return Object{{"versions", array_of(document.versions, text)},
                {"active", document.entry.active},
                {"before", array_of(document.entry.before, text)},
                {"rollout", document.entry.rollout},
                {"events", array_of(document.events, [](const CatalogEvent& event) { return to_value(event); })},
                {"event_count", document.event_count}};
}

CatalogDocument document_of(const Value& value) {
  const Object& object = value.as_object();
  CatalogDocument document;
  for (const Value& version : object.at("versions").as_array()) document.versions.push_back(version.as_string());
  document.entry.active = object.at("active").as_string();
  for (const Value& version : object.at("before").as_array()) document.entry.before.push_back(version.as_string());
  document.entry.rollout = object.at("rollout");
  for (const Value& event : object.at("events").as_array()) document.events.push_back(event_of(event));
  document.event_count = static_cast<std::uint64_t>(object.at("event_count").as_int());
  return document;
}

// What was written by something else, or changed by hand, must not pass for a catalog.
template <class Function>
auto read_or_corrupt(const std::string& what, const Function& function) {
  try {
    return function();
  } catch (const Error& error) {
    throw Error(ErrorCode::corrupt,
                "the document " + what + " is not what a catalog of graphs writes: " + error.what());
  }
}

std::string block_id(std::string_view graph_id, std::uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08llu", static_cast<unsigned long long>(number));
  return std::string(graph_id) + "/" + digits;
}

// Full blocks leave the document; they are written before, and by whoever comes first.
void move_blocks(Store& store, std::string_view graph_id, CatalogDocument& document) {
  while (document.events.size() >= 2 * event_block) {
    const std::uint64_t first = document.events.front().number;
    const auto end = document.events.begin() + static_cast<std::ptrdiff_t>(event_block);
    const std::vector<CatalogEvent> block(document.events.begin(), end);
    const Value content = array_of(block, [](const CatalogEvent& event) { return to_value(event); });
    try {
      store.put(events_kind, block_id(graph_id, first), content, 0);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
    }
    document.events.erase(document.events.begin(), end);
  }
}

}  // namespace

bool CatalogDocument::has_version(std::string_view version) const noexcept {
  return std::find(versions.begin(), versions.end(), version) != versions.end();
}

void CatalogDocument::append(CatalogEvent event) {
  event.number = ++event_count;
  events.push_back(std::move(event));
}

CatalogDocument read_document(Store& store, std::string_view graph_id) {
  const std::optional<Document> found = store.get(catalog_kind, graph_id);
  if (!found) return {};
  const std::string what = std::string(catalog_kind) + " \"" + std::string(graph_id) + "\"";
  CatalogDocument document = read_or_corrupt(what, [&found] { return document_of(found->content); });
  document.revision = found->revision;
  return document;
}

void update_document(Store& store, std::string_view graph_id, const std::function<bool(CatalogDocument&)>& change) {
  for (int tries = 0; tries < most_tries; ++tries) {
    CatalogDocument document = read_document(store, graph_id);
    if (!change(document)) return;
    move_blocks(store, graph_id, document);
    try {
      store.put(catalog_kind, graph_id, to_value(document), document.revision);
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::conflict) throw;
    }
  }
  throw Error(ErrorCode::unavailable,
              "the catalog's entry of the graph \"" + std::string(graph_id) + "\" was changed by others all the time");
}

std::vector<CatalogEvent> read_history(Store& store, std::string_view graph_id) {
  const CatalogDocument document = read_document(store, graph_id);
  std::vector<CatalogEvent> events;
  const std::uint64_t first_here = document.events.empty() ? document.event_count + 1 : document.events.front().number;
  for (std::uint64_t number = 1; number < first_here; number += event_block) {
    const std::string id = block_id(graph_id, number);
    const std::optional<Document> block = store.get(events_kind, id);
    const std::string what = std::string(events_kind) + " \"" + id + "\"";
    if (!block) throw Error(ErrorCode::corrupt, "the document " + what + " is missing");
    read_or_corrupt(what, [&] {
      for (const Value& event : block->content.as_array()) events.push_back(event_of(event));
      return true;
    });
  }
  events.insert(events.end(), document.events.begin(), document.events.end());
  return events;
}

bool put_version(Store& store, const GraphVersion& version) {
  const Value content = Object{{"graph_id", version.graph_id},
                               {"version", version.version},
                               {"parent", version.parent},
                               {"created", ns_of(version.created)},
                               {"decision", to_value(version.decision)},
                               {"spec", version.spec}};
  try {
    store.put(version_kind, version.graph_id + "/" + version.version, content, 0);
    return true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::conflict) throw;
    return false;
  }
}

std::optional<GraphVersion> get_version(Store& store, std::string_view graph_id, std::string_view version) {
  const std::string id = std::string(graph_id) + "/" + std::string(version);
  const std::optional<Document> found = store.get(version_kind, id);
  if (!found) return std::nullopt;
  return read_or_corrupt(std::string(version_kind) + " \"" + id + "\"", [&found] {
    const Object& object = found->content.as_object();
    GraphVersion result;
    result.graph_id = object.at("graph_id").as_string();
    result.version = object.at("version").as_string();
    result.parent = object.at("parent").as_string();
    result.created = time_of(object.at("created"));
    result.decision = decision_of(object.at("decision"));
    result.spec = object.at("spec");
    return result;
  });
}

}  // namespace spark::rsi
