// What it costs to send: spans a second that a sink encodes, sends and has acknowledged, over loopback to a collector
// in another process; what a working graph pays for it; and what a caller feels of a far end that is down.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "collector.h"
#include "harness.h"
#include "otlp_batch.h"
#include "outage.h"
#include "overhead.h"
#include "spark/backends/otlp.h"
#include "spark/telemetry/manager.h"
#include "statistics.h"
#include "temporary_folder.h"

namespace spark::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

TelemetryConfig config_for(const Collector& collector, OtlpProtocol protocol) {
  return TelemetryConfig::create_otlp(collector.endpoint(), {.otlp = {.protocol = protocol}});
}

std::vector<Result> sent_per_second(const char* name, Collector::Kind kind, OtlpProtocol protocol, double target,
                                    const Options& options) {
  const Collector collector(kind);
  OtlpSink sink(config_for(collector, protocol));
  const auto batch = make_otlp_batch(spans_per_otlp_batch);
  sink.write(*batch);
  const int rounds = options.quick ? 200 : 2'000;
  std::vector<double> per_second;
  for (int repetition = 0; repetition < 7; ++repetition) {
    const auto begin = SteadyClock::now();
    for (int round = 0; round < rounds; ++round) sink.write(*batch);
    per_second.push_back(static_cast<double>(spans_per_otlp_batch) * rounds / seconds_since(begin));
  }
  Result result{.name = name, .value = median(per_second), .unit = "1/s"};
  result.better = Result::Better::higher;
  if (target > 0) result.target = target;
  result.note = "requests of " + std::to_string(spans_per_otlp_batch) + " spans, one after the other; wall time";
  return {result};
}

std::vector<Result> sent_by_grpc(const Options& options) {
  if (!Collector::is_grpc_available()) {
    Result result{.name = "otlp_grpc_spans_per_s", .value = 0, .unit = "1/s"};
    result.no_verdict = "python3-grpcio is not installed";
    return {result};
  }
  return sent_per_second("otlp_grpc_spans_per_s", Collector::Kind::grpc, OtlpProtocol::grpc, 0, options);
}

// ---- what a caller feels ----

std::vector<Result> caller_with_far_end_down(const Options& options) {
  const Collector collector(Collector::Kind::http);
  TelemetryManager healthy(config_for(collector, OtlpProtocol::http_protobuf));
  // Port 1 of the loopback interface: nobody listens there, and every connection is refused at once.
  TelemetryManager down(
      TelemetryConfig::create_otlp("http://127.0.0.1:1", {.otlp = {.protocol = OtlpProtocol::http_protobuf}}));
  const Outage felt = measure_outage(healthy, down, options);
  (void)down.shutdown(100ms);
  Result result{.name = "caller_p99_far_end_down", .value = felt.ratio, .unit = "ratio"};
  result.target = 1.1;
  result.note = "healthy: p99 " + std::to_string(static_cast<std::uint64_t>(felt.healthy_p99_ns)) + " ns";
  return {result};
}

// ---- after an outage ----

std::vector<Result> drain(const Options& options) {
  const TemporaryFolder folder;
  Collector collector(Collector::Kind::http);
  TelemetryConfig config = config_for(collector, OtlpProtocol::http_protobuf);
  config.reliable.spool_path = folder.file("spool.db");
  TelemetryManager manager(config);
  collector.set_down(true);
  const std::uint64_t spans = options.quick ? spans_of_an_outage / 10 : spans_of_an_outage;
  record_into_spool(manager, spans);
  collector.set_down(false);
  Result result{.name = "drain_s", .value = seconds_to_drain(manager), .unit = "s"};
  result.note = std::to_string(spans) +
                " spans, from the far end's return to an empty spool; up to 5 s of it until a "
                "probe finds out";
  return {result};
}

}  // namespace

void add_otlp_send_rows(std::vector<Row>& rows) {
  rows.push_back({{"otlp_http_spans_per_s"}, [](const Options& options) {
                    return sent_per_second("otlp_http_spans_per_s", Collector::Kind::http, OtlpProtocol::http_protobuf,
                                           1.5e6, options);
                  }});
  rows.push_back({{"otlp_grpc_spans_per_s"}, sent_by_grpc});
  rows.push_back({{"graph_overhead_otlp"}, [](const Options& options) {
                    const Collector collector(Collector::Kind::http);
                    return graph_overhead("graph_overhead_otlp", config_for(collector, OtlpProtocol::http_protobuf),
                                          2.0, options);
                  }});
  rows.push_back({{"caller_p99_far_end_down"}, caller_with_far_end_down});
  rows.push_back({{"drain_s"}, drain});
}

}  // namespace spark::bench
