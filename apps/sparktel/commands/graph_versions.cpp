#include "apps/sparktel/commands/graph_versions.h"

#include <algorithm>
#include <utility>

namespace spark::sparktel {

namespace {

constexpr std::size_t listed_names = 5;

}  // namespace

std::vector<GraphVersion> graph_versions(Store& store, const std::string& graph_id) {
  GraphQuery query;
  if (!graph_id.empty()) query.graph_id = graph_id;
  std::vector<GraphVersion> known;
  for (const GraphDefinition& graph : store.query_graphs(query)) {
    GraphVersion version{graph.graph_id, graph.version};
    if (std::find(known.begin(), known.end(), version) == known.end()) known.push_back(std::move(version));
  }
  return known;
}

std::vector<GraphVersion> matching(const std::vector<GraphVersion>& known, std::string_view text) {
  std::vector<GraphVersion> result;
  for (const bool is_exact : {true, false}) {
    for (const GraphVersion& version : known) {
      if (is_exact ? version.version == text : version.version.starts_with(text)) result.push_back(version);
    }
    if (!result.empty()) return result;
  }
  return result;
}

std::string listed(const std::set<std::string>& names) {
  std::string text;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count == listed_names) return text + ", …";
    text += (count++ > 0 ? ", " : "") + name;
  }
  return text;
}

std::string there_are(const std::vector<GraphVersion>& known) {
  std::set<std::string> names;
  for (const GraphVersion& version : known) names.insert(version.version);
  return names.empty() ? ", nor any other" : "; there are " + listed(names);
}

}  // namespace spark::sparktel
