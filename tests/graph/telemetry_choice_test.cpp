// Which manager a graph records to.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "graph/nodes.h"
#include "spark/async/sync_wait.h"
#include "spark/base/error.h"
#include "spark/graph/graph.h"

namespace spark {
namespace {

using tests::ReportNode;

class TelemetryChoice : public testing::Test {
 protected:
  void SetUp() override { TelemetryManager::reset_instance(); }
  void TearDown() override { TelemetryManager::reset_instance(); }

  // Configurations that differ, so that each has a manager.
  static TelemetryConfig config(std::string name) {
    return TelemetryConfig::create_memory({.service_name = std::move(name)});
  }
  // Records an event to the manager that it finds.
  static NodePtr find_manager() {
    return function_node("find", [](ExecutionContext& context) {
      TelemetryManager::get_instance().record_event({.event_type = "found", .name = context.graph_id()});
      return Outputs();
    });
  }
  static std::string found(TelemetryManager& manager) {
    manager.flush();
    std::string names;
    const EventQuery query{.event_type = "found"};
    for (const Event& event : manager.query_events(query)) names += event.name + ";";
    return names;
  }
};

TEST_F(TelemetryChoice, get_instance_inside_a_run_is_the_manager_of_that_graph) {
  const Graph first({.start = find_manager(), .telemetry_config = config("first"), .id = "first"});
  const Graph second({.start = find_manager(), .telemetry_config = config("second"), .id = "second"});
  sync_wait(second.run());
  sync_wait(first.run());
  EXPECT_EQ(found(first.telemetry()), "first;");
  EXPECT_EQ(found(second.telemetry()), "second;");
}

TEST_F(TelemetryChoice, the_first_configured_graph_configures_the_process_default) {
  const Graph graph({.start = find_manager(), .telemetry_config = config("first"), .id = "graph"});
  sync_wait(graph.run());
  EXPECT_EQ(found(TelemetryManager::get_instance()), "graph;");
}

TEST_F(TelemetryChoice, equal_configurations_share_a_manager) {
  const Graph first({.start = find_manager(), .telemetry_config = config("same"), .id = "first"});
  const Graph second({.start = find_manager(), .telemetry_config = config("same"), .id = "second"});
  EXPECT_EQ(&first.telemetry(), &second.telemetry());
}

TEST_F(TelemetryChoice, a_graph_without_a_configuration_records_nowhere_if_nothing_is_configured) {
  const Graph graph({.start = make_node<ReportNode>()});
  sync_wait(graph.run());
  EXPECT_EQ(TelemetryManager::current_or_configured(), nullptr);
}

TEST_F(TelemetryChoice, a_graph_without_a_configuration_records_to_the_default_if_something_configured_it) {
  const Graph graph({.start = make_node<ReportNode>()});
  TelemetryManager& manager = TelemetryManager::configure(config("default"));
  sync_wait(graph.run());
  manager.flush();
  EXPECT_EQ(manager.query_traces().size(), 1U);
}

TEST_F(TelemetryChoice, a_subgraph_with_a_configuration_of_its_own_keeps_traces_of_its_own) {
  const auto inner = make_node<Graph>(
      GraphOptions{.start = make_node<ReportNode>(), .telemetry_config = config("inner"), .id = "inner"});
  const Graph outer({.start = inner, .telemetry_config = config("outer"), .id = "outer"});
  sync_wait(outer.run());
  inner->telemetry().flush();
  outer.telemetry().flush();
  ASSERT_EQ(inner->telemetry().query_traces().size(), 1U);
  ASSERT_EQ(outer.telemetry().query_traces().size(), 1U);
  EXPECT_EQ(inner->telemetry().query_traces()[0].name, "inner");
  EXPECT_EQ(outer.telemetry().query_traces()[0].name, "outer");
}

TEST_F(TelemetryChoice, refuses_a_configuration_beside_a_manager) {
  TelemetryManager manager(config("manager"));
  try {
    const Graph graph({.start = make_node<ReportNode>(), .telemetry_config = config("config"), .telemetry = &manager});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "GraphOptions: give telemetry_config or telemetry, not both");
  }
}

}  // namespace
}  // namespace spark
