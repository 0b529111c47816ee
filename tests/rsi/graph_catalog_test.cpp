// The versions of graphs in a store, and which of them is active.
#include "spark/rsi/graph_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "backends/temporary_directory.h"
#include "spark/base/error.h"
#include "spark/graph/node_registry.h"
#include "spark/rsi/change.h"
#include "spark/telemetry.h"

namespace spark::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StepNode final : public Node {
 public:
  explicit StepNode(const Object& config) : config_(config) {}
  Task<Outputs> process(ExecutionContext&) override { co_return config_; }
  [[nodiscard]] std::string type() const override { return "StepNode"; }

 private:
  const Object config_;
};

class GraphCatalogs : public ::testing::TestWithParam<bool> {
 protected:
  GraphCatalogs() {
    registry_.add<StepNode>("StepNode", {}, {"size"});
    restart();
  }
  void restart() {
    catalog_.reset();
    manager_.reset();
    manager_.emplace(GetParam() ? TelemetryConfig::create_sqlite(path_) : TelemetryConfig::create_memory());
    catalog_.emplace(manager_->store(), clock_);
  }

  [[nodiscard]] GraphSpec spec(int size) const {
    GraphSpec spec;
    spec.id = "pipeline";
    spec.nodes.push_back({.id = "step", .type = "StepNode", .config = {{"size", size}}});
    return spec;
  }
  [[nodiscard]] Graph graph(int size) const { return Graph(spec(size), registry_); }
  static Decision by(const char* actor, const char* reason = "because") {
    Decision decision;
    decision.actor = actor;
    decision.reason = reason;
    return decision;
  }
  std::vector<std::string> trail() const {
    std::vector<std::string> lines;
    for (const CatalogEvent& event : catalog_->history("pipeline")) {
      lines.push_back(std::to_string(event.number) + " " + event.what + " " + name(event.version) + " after " +
                      name(event.before) + " by " + event.decision.actor);
    }
    return lines;
  }
  [[nodiscard]] std::string name(const std::string& version) const {
    for (int size = 1; size < 10; ++size) {
      if (graph(size).version() == version) return "v" + std::to_string(size);
    }
    return version.empty() ? "none" : version;
  }

  const TemporaryDirectory folder_;
  const std::string path_ = folder_.file("catalog.db");
  VirtualClock clock_;
  NodeRegistry registry_;
  std::optional<TelemetryManager> manager_;
  std::optional<GraphCatalog> catalog_;
};

TEST_P(GraphCatalogs, versions_are_kept_with_where_they_came_from) {
  EXPECT_TRUE(catalog_->graphs().empty());
  EXPECT_FALSE(catalog_->active("pipeline"));
  const std::string first = catalog_->add(graph(1), by("anna", "the first"));
  const std::string second = catalog_->add(graph(2), by("rsi", "larger"), first);
  EXPECT_EQ(catalog_->add(graph(2), by("rsi", "again"), first), second);
  EXPECT_THAT(catalog_->graphs(), ElementsAre("pipeline"));
  EXPECT_THAT(catalog_->versions("pipeline"), ElementsAre(first, second));
  const auto found = catalog_->find("pipeline", second);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->parent, first);
  EXPECT_EQ(found->decision.reason, "larger");
  EXPECT_EQ(found->created, clock_.wall_now());
  EXPECT_EQ(Graph(catalog_->spec("pipeline", second, registry_), registry_).version(), second);
  EXPECT_FALSE(catalog_->find("pipeline", "no such"));
  EXPECT_THROW(static_cast<void>(catalog_->spec("pipeline", "no such", registry_)), Error);
  EXPECT_THAT(trail(), ElementsAre("1 added v1 after none by anna", "2 added v2 after v1 by rsi"));
}

TEST_P(GraphCatalogs, one_version_is_active_and_can_be_rolled_back_as_often_as_it_changed) {
  for (int size = 1; size <= 3; ++size) {
    const std::string version = catalog_->add(graph(size), by("anna"));
    catalog_->activate("pipeline", version, by("anna"));
    EXPECT_EQ(catalog_->active("pipeline")->version, version);
  }
  catalog_->activate("pipeline", graph(3).version(), by("anna"));  // is so already: nothing to tell
  EXPECT_EQ(catalog_->rollback("pipeline", by("rsi")), graph(2).version());
  EXPECT_EQ(catalog_->rollback("pipeline", by("rsi")), graph(1).version());
  EXPECT_THROW(catalog_->rollback("pipeline", by("rsi")), Error);
  EXPECT_EQ(catalog_->active("pipeline")->version, graph(1).version());
  const auto lines = trail();
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[6], "7 rolled_back v2 after v3 by rsi");
  EXPECT_EQ(lines[7], "8 rolled_back v1 after v2 by rsi");
}

TEST_P(GraphCatalogs, what_cannot_follow_is_refused_and_changes_nothing) {
  const std::string first = catalog_->add(graph(1), by("anna"));
  catalog_->activate("pipeline", first, by("anna"));
  const std::uint64_t revision = catalog_->active("pipeline")->revision;
  EXPECT_THROW(catalog_->add(graph(2), by("")), Error);
  EXPECT_THROW(catalog_->add(graph(2), by("anna"), "no such parent"), Error);
  EXPECT_THROW(catalog_->activate("pipeline", "no such", by("anna")), Error);
  EXPECT_THROW(catalog_->activate("other", first, by("anna")), Error);
  const std::string second = catalog_->add(graph(2), by("anna"));
  try {
    catalog_->activate("pipeline", second, by("anna"), second);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::conflict);
    EXPECT_THAT(error.what(), HasSubstr(first));
  }
  EXPECT_EQ(catalog_->active("pipeline")->version, first);
  EXPECT_EQ(catalog_->active("pipeline")->revision, revision + 1);  // the second version, added
  GraphSpec renamed = spec(3);
  renamed.version = first;
  EXPECT_THROW(catalog_->add(Graph(renamed, registry_), by("anna")), Error);
}

TEST_P(GraphCatalogs, the_trail_stays_whole_when_it_is_long) {
  const std::string versions[] = {catalog_->add(graph(1), by("anna")), catalog_->add(graph(2), by("anna"))};
  for (int i = 0; i < 1'000; ++i) catalog_->activate("pipeline", versions[i % 2], by("anna"));
  const auto events = catalog_->history("pipeline");
  ASSERT_EQ(events.size(), 1'002U);
  for (std::size_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i].number, i + 1);
  EXPECT_EQ(catalog_->rollback("pipeline", by("anna")), versions[0]);
}

TEST_P(GraphCatalogs, many_writers_lose_no_decision) {
  const std::string versions[] = {catalog_->add(graph(1), by("anna")), catalog_->add(graph(2), by("anna"))};
  constexpr int each = 25;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      GraphCatalog mine(manager_->store(), clock_);
      for (int n = 0; n < each; ++n) {
        mine.update("pipeline", [&](GraphCatalog::Entry& entry) {
          entry.active = versions[(i + n) % 2];
          CatalogEvent event;
          event.what = "activated";
          event.version = entry.active;
          event.decision.actor = "thread " + std::to_string(i);
          return event;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto events = catalog_->history("pipeline");
  ASSERT_EQ(events.size(), 2U + 4 * each);
  for (std::size_t i = 0; i < events.size(); ++i) ASSERT_EQ(events[i].number, i + 1);
  EXPECT_EQ(catalog_->active("pipeline")->version, events.back().version);
}

TEST_P(GraphCatalogs, a_document_that_somebody_else_wrote_is_no_catalog) {
  manager_->store()->put("graph_catalog", "pipeline", Object{{"hello", 1}}, 0);
  try {
    static_cast<void>(catalog_->active("pipeline"));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt);
    EXPECT_THAT(error.what(), HasSubstr("graph_catalog \"pipeline\""));
  }
}

class FileCatalogs : public GraphCatalogs {};

TEST_P(FileCatalogs, what_a_file_holds_is_there_after_a_restart) {
  const std::string first = catalog_->add(graph(1), by("anna"));
  catalog_->activate("pipeline", first, by("anna"));
  restart();
  EXPECT_EQ(catalog_->active("pipeline")->version, first);
  EXPECT_EQ(trail().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, FileCatalogs, ::testing::Values(true));
INSTANTIATE_TEST_SUITE_P(Each, GraphCatalogs, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "sqlite" : "memory"; });

}  // namespace
}  // namespace spark::testing
