// A graph definition that was dropped or refused once counted as recorded, so every later trace named a definition that
// nobody had.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "fakes/recording_sink.h"

namespace spark {
namespace {

using fakes::SinkLog;
using fakes::TestManager;

GraphDefinition definition(std::string hash) {
  return {.hash = std::move(hash), .graph_id = "g", .version = "1", .content = {{"nodes", Array{}}}};
}

TEST(LostGraph, is_recorded_again_after_the_sink_refused_it) {
  TestManager telemetry;
  telemetry.unflushed_log().fail_writes("not now");
  telemetry.manager.record_graph(definition("h"));
  EXPECT_FALSE(telemetry.manager.flush(fakes::patience).complete());
  telemetry.unflushed_log().fail_writes("");
  telemetry.manager.record_graph(definition("h"));
  telemetry.manager.record_graph(definition("h"));
  ASSERT_EQ(telemetry.log().graphs().size(), 1U) << "once after the failure, and no more";
  EXPECT_EQ(telemetry.log().graphs()[0], definition("h"));
}

TEST(LostGraph, is_recorded_again_after_the_sink_s_queue_was_full) {
  const auto log = std::make_shared<SinkLog>();
  const auto other = std::make_shared<SinkLog>();
  TestManager telemetry({.buffer_size = 1, .queue_bytes = 1}, {log, other});
  log->block();
  // The event waits in the sink and is all that its queue has room for. The other sink's has room again once it is
  // exported there, and what that sink then has, this one was offered before.
  telemetry.manager.record_event({.name = "written"});
  ASSERT_TRUE(log->wait_until_blocked());
  const auto has_exported = [&] {
    return telemetry.manager.stats().sinks.at(1).rows[static_cast<std::size_t>(RecordKind::event)].exported == 1;
  };
  while (!has_exported()) (void)telemetry.manager.flush(std::chrono::milliseconds(1));
  telemetry.manager.record_graph(definition("h"));
  ASSERT_TRUE(other->wait_for_records(2));
  log->release();
  EXPECT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  telemetry.manager.record_graph(definition("h"));
  EXPECT_TRUE(telemetry.manager.flush(fakes::patience).complete());
  EXPECT_EQ(log->graphs().size(), 1U);
}

TEST(LostGraph, is_recorded_again_after_the_rings_were_full) {
  std::promise<void> is_held, may_go_on;
  std::once_flag once;
  const Redactor hold = [&](RedactedField) {
    std::call_once(once, [&] {
      is_held.set_value();
      may_go_on.get_future().wait();
    });
  };
  TestManager telemetry({.buffer_size = 1,
                         .redactor = std::make_shared<const Redactor>(hold),
                         .ring_bytes = 4096,
                         .ring_bytes_total = 4096});
  telemetry.manager.record_event({.name = "holds the exporter"});
  is_held.get_future().wait();
  for (int i = 0; i < 1'000; ++i) telemetry.manager.record_graph(definition(std::to_string(i)));
  telemetry.manager.record_graph(definition("h"));
  may_go_on.set_value();
  const auto is_there = [&] {
    const auto graphs = telemetry.log().graphs();
    return std::count(graphs.begin(), graphs.end(), definition("h"));
  };
  EXPECT_EQ(is_there(), 0);
  telemetry.manager.record_graph(definition("h"));
  EXPECT_EQ(is_there(), 1);
}

}  // namespace
}  // namespace spark
