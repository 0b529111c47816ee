// From a manager to a collector: what is recorded arrives, by each protocol.
#include "fakes/recording_sink.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"
#include "spark/base/json.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

class OtlpFromAManager : public SenderTest {};

TEST_F(OtlpFromAManager, every_kind_of_record_arrives_once) {
  HttpServer server(http_answer(200, "Content-Type: application/json\r\n", "{}"));
  TelemetryManager manager(TelemetryConfig::create_otlp(
      server.url(), {.metadata = Object{{"team", "blue"}}, .otlp = {.protocol = OtlpProtocol::http_json}}));
  {
    auto trace = manager.start_trace("run");
    const auto span = manager.start_span("step", trace.trace_id);
    manager.record_event({.trace_id = trace.trace_id, .event_type = "milestone", .name = "half"});
    manager.record_metric({.name = "hits", .value = 3, .aggregation_type = AggregationType::counter});
  }
  const FlushResult flushed = manager.flush(fakes::patience);
  EXPECT_TRUE(flushed.complete()) << flushed.sinks.at(0).error;
  std::map<std::string, std::string> bodies;
  for (const HttpRequest& request : server.requests()) bodies[request.target] += to_json(parse_json(request.body));
  EXPECT_THAT(bodies["/v1/traces"], ::testing::HasSubstr("\"name\":\"step\""));
  EXPECT_THAT(bodies["/v1/traces"], ::testing::HasSubstr("\"name\":\"run\""));
  EXPECT_THAT(bodies["/v1/metrics"], ::testing::HasSubstr("\"name\":\"hits\""));
  EXPECT_THAT(bodies["/v1/logs"], ::testing::HasSubstr("half"));
  EXPECT_THAT(bodies["/v1/traces"], ::testing::HasSubstr("blue"));
  EXPECT_TRUE(manager.stats().balanced());
  EXPECT_EQ(manager.stats().dropped(), 0U);
}

TEST_F(OtlpFromAManager, signals_may_differ_in_their_encoding) {
  HttpServer server(http_answer(200));
  ::setenv("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL", "http/json", 1);
  TelemetryManager manager(TelemetryConfig::create_otlp(server.url()));
  manager.record_event({.name = "half"});
  manager.record_metric({.name = "hits", .value = 3, .aggregation_type = AggregationType::counter});
  EXPECT_TRUE(manager.flush(fakes::patience).complete());
  for (const HttpRequest& request : server.requests()) {
    const bool is_logs = request.target == "/v1/logs";
    EXPECT_EQ(request.headers.at("content-type"), is_logs ? "application/json" : "application/x-protobuf");
    EXPECT_EQ(request.body.front() == '{', is_logs);
  }
  EXPECT_EQ(server.requests().size(), 2U);
}

}  // namespace
}  // namespace spark::testing
