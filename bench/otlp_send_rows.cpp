// What it costs to send: spans a second that a sink encodes, sends and has acknowledged, over loopback to a collector
// in another process; what a working graph pays for it; and what a caller feels of a far end that is down.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "collector.h"
#include "harness.h"
#include "otlp_batch.h"
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

// The time that 99 of 100 spans take at most, recorded at a rate that any far end could follow.
double caller_p99_ns(TelemetryManager& manager, std::uint64_t spans) {
  std::vector<double> times;
  times.reserve(spans);
  const ActiveSpan outer = manager.start_span("outer");
  for (std::uint64_t i = 0; i < spans; ++i) {
    if (i % 20 == 0) std::this_thread::sleep_for(1ms);
    const auto begin = SteadyClock::now();
    manager.start_span("TransformNode", {.attributes = {{"n", i}, {"type", "T"}}}).end();
    times.push_back(std::chrono::duration<double, std::nano>(SteadyClock::now() - begin).count());
  }
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(times.size() * 99 / 100);
  std::nth_element(times.begin(), at, times.end());
  return *at;
}

std::vector<Result> caller_with_far_end_down(const Options& options) {
  const Collector collector(Collector::Kind::http);
  TelemetryManager healthy(config_for(collector, OtlpProtocol::http_protobuf));
  // Port 1 of the loopback interface: nobody listens there, and every connection is refused at once.
  TelemetryManager down(
      TelemetryConfig::create_otlp("http://127.0.0.1:1", {.otlp = {.protocol = OtlpProtocol::http_protobuf}}));
  const std::uint64_t spans = options.quick ? 10'000 : 40'000;
  std::vector<double> ratios, alone;
  for (int pair = 0; pair < (options.quick ? 3 : 11); ++pair) {
    const bool down_first = pair % 2 == 0;
    const double first = caller_p99_ns(down_first ? down : healthy, spans);
    const double second = caller_p99_ns(down_first ? healthy : down, spans);
    ratios.push_back(down_first ? first / second : second / first);
    alone.push_back(down_first ? second : first);
  }
  (void)down.shutdown(100ms);
  Result result{.name = "caller_p99_far_end_down", .value = median(ratios), .unit = "ratio"};
  result.target = 1.1;
  result.note = "healthy: p99 " + std::to_string(static_cast<std::uint64_t>(median(alone))) + " ns";
  return {result};
}

// ---- after an outage ----

constexpr std::uint64_t spans_of_an_outage = 150'000;  // 30 s of 5,000 a second

std::uint64_t spooled(const TelemetryManager& manager) {
  std::uint64_t sum = 0;
  for (const auto& row : manager.stats().sinks.at(0).rows) sum += row.spooled;
  return sum;
}

std::vector<Result> drain(const Options& options) {
  const TemporaryFolder folder;
  Collector collector(Collector::Kind::http);
  TelemetryConfig config = config_for(collector, OtlpProtocol::http_protobuf);
  config.reliable.spool_path = folder.file("spool.db");
  TelemetryManager manager(config);
  collector.set_down(true);
  const std::uint64_t spans = options.quick ? spans_of_an_outage / 10 : spans_of_an_outage;
  for (std::uint64_t i = 0; i < spans; ++i) {
    manager.start_span("TransformNode", {.attributes = {{"n", i}, {"type", "T"}}}).end();
    if (i % 1'000 == 0 && !manager.flush(60s).complete()) throw std::runtime_error("the spool did not take it");
  }
  if (spooled(manager) == 0) throw std::runtime_error("nothing was spooled");
  collector.set_down(false);
  const auto begin = SteadyClock::now();
  while (spooled(manager) != 0) {
    if (seconds_since(begin) > 120) throw std::runtime_error("the spool was not drained");
    std::this_thread::sleep_for(10ms);
  }
  Result result{.name = "drain_s", .value = seconds_since(begin), .unit = "s"};
  if (manager.stats().dropped() != 0) throw std::runtime_error("records were dropped");
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
