// Several batches as one.
#include "telemetry/merged_batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace spark::detail {
namespace {

TEST(MergedBatch, has_every_record_in_order_and_the_same_resource) {
  Resource resource;
  resource.service_name = "shop";
  BatchBuilder builder(std::make_shared<const Resource>(resource));
  std::vector<std::shared_ptr<const Batch>> batches;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    const std::string name = "record " + std::to_string(i);
    builder.add(Trace{.trace_id = {1, i}, .name = name});
    builder.add(Span{.span_id = {i}, .trace_id = {1, i}, .name = name, .attributes = {{"text", name}}});
    builder.add(Event{.event_id = {1, i}, .name = name});
    builder.add(Metric{.metric_id = {1, i}, .name = name});
    builder.add(GraphDefinition{.hash = name});
    batches.push_back(builder.build());
  }
  const auto merged = merged_batch(batches);
  EXPECT_EQ(merged->resource().service_name, "shop");
  EXPECT_EQ(merged->size(), 15U);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string name = "record " + std::to_string(i + 1);
    EXPECT_EQ(merged->traces()[i].name, name);
    EXPECT_EQ(merged->spans()[i].name, name);
    EXPECT_EQ(to_object(merged->spans()[i].attributes), (Object{{"text", name}}));
    EXPECT_EQ(merged->events()[i].name, name);
    EXPECT_EQ(merged->metrics()[i].name, name);
    EXPECT_EQ(merged->graphs()[i].hash, name);
  }
}

}  // namespace
}  // namespace spark::detail
