// The redactor was not given an event's type, a metric's unit, a graph's id and version, and what the resource says.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

TEST(RedactedTexts, are_an_event_s_type_and_a_metric_s_unit_too) {
  const Redactor hide = [](RedactedField field) {
    if (field.is_attribute || (field.path != "event_type" && field.path != "unit")) return;
    field.value = "hidden " + std::string(field.path);
  };
  fakes::TestManager telemetry({.redactor = std::make_shared<const Redactor>(hide)});
  telemetry.manager.record_event({.event_type = "secret", .name = "e"});
  telemetry.manager.record_metric({.name = "m", .unit = "secret"});
  telemetry.manager.counter("c", {.unit = "secret"}).add(1);
  EXPECT_EQ(telemetry.log().event("e").type, "hidden event_type");
  EXPECT_EQ(telemetry.log().metric("m").unit, "hidden unit");
  EXPECT_EQ(telemetry.log().metric("c").unit, "hidden unit");
}

TEST(RedactedTexts, are_a_graph_s_and_the_resource_s_too) {
  const Redactor hide = [](RedactedField field) {
    if (field.value.is_string() && field.value.as_string() == "secret")
      field.value = "hidden " + std::string(field.path);
  };
  fakes::TestManager telemetry(
      {.service_name = "secret", .service_version = "secret", .redactor = std::make_shared<const Redactor>(hide)});
  telemetry.manager.record_graph({.hash = "h", .graph_id = "secret", .version = "secret", .content = {}});
  const auto graphs = telemetry.log().graphs();
  ASSERT_EQ(graphs.size(), 1U);
  EXPECT_EQ(graphs[0].graph_id, "hidden graph_id");
  EXPECT_EQ(graphs[0].version, "hidden version");
  EXPECT_EQ(telemetry.log().resource().value().service_name, "hidden service_name");
  EXPECT_EQ(telemetry.log().resource().value().service_version, "hidden service_version");
}

}  // namespace
}  // namespace spark
