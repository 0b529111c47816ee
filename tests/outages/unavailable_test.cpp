// A gRPC collector that is unavailable most of the time, and one that asks for patience: everything arrives once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "otlp/otlp_text.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_grpc_server.h"
#include "spark/base/json.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t spans_per_second = 10'000;
constexpr std::uint64_t seconds = 5;

// The calls that it took whole; `unavailable` counts the others.
std::uint64_t spans_taken(GrpcServer& server, std::uint64_t enough, std::uint64_t& unavailable) {
  std::uint64_t taken = 0;
  while (taken < enough) {
    const Object call = server.next_call();
    if (call.at("code").as_int() != 0) {
      ++unavailable;
      continue;
    }
    const std::string request = unhex(call.at("request").as_string());
    const std::string lines = parts(text_of_protobuf("ExportTraceServiceRequest", request), "spans");
    taken += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  }
  return taken;
}

TEST(MostlyUnavailable, a_grpc_collector_gets_everything_once) {
  if (!GrpcServer::is_available()) GTEST_SKIP() << "no Python with the package grpcio (Debian: python3-grpcio)";
  clear_otlp_variables();
  GrpcServer server({"--unavailable", "0.7"});
  TelemetryManager manager(TelemetryConfig::create_otlp(
      server.url(), {.enable_events = false,
                     .enable_metrics = false,
                     .otlp = {.protocol = OtlpProtocol::grpc},
                     .reliable = {.initial_backoff = 20ms, .max_backoff = 200ms, .probe_interval = 200ms}}));
  // Every 10 ms a hundredth of a second's worth.
  auto next = std::chrono::steady_clock::now();
  for (std::uint64_t tick = 0; tick < seconds * 100; ++tick) {
    for (std::uint64_t i = 0; i < spans_per_second / 100; ++i) manager.start_span("step", TraceId{1, 1 + tick}).end();
    std::this_thread::sleep_until(next += 10ms);
  }
  EXPECT_TRUE(manager.flush(60s).complete());
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats.dropped(), 0U);
  SCOPED_TRACE(std::to_string(stats.sinks.at(0).batches) + " batches, " + std::to_string(stats.sinks.at(0).retries) +
               " retries, " + stats.sinks.at(0).last_error);
  EXPECT_GT(stats.sinks.at(0).retries, 0U);
  const std::uint64_t sent = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)].exported;
  EXPECT_EQ(sent, spans_per_second * seconds);
  std::uint64_t unavailable = 0;
  EXPECT_EQ(spans_taken(server, sent, unavailable), sent);
  EXPECT_GT(unavailable, 0U);
}

}  // namespace
}  // namespace spark::testing
