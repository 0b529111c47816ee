// The redactor was not given an event's type and a metric's unit.
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

}  // namespace
}  // namespace spark
