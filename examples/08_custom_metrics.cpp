// The specification's "Custom Metrics", and instruments, which do the same for what is measured very often.

#include <spark/telemetry.h>

#include <cstdio>

using spark::AggregationType;
using spark::TelemetryManager;

int main() {
  auto& manager = TelemetryManager::get_instance();
  auto trace = manager.start_trace("serving");
  const auto trace_id = trace.trace_id;

  // Counter metric.
  manager.record_metric({.name = "api_calls_total",
                         .value = 1,
                         .unit = "count",
                         .aggregation_type = AggregationType::counter,
                         .trace_id = trace_id});

  // Gauge metric.
  manager.record_metric({.name = "queue_depth",
                         .value = 42,
                         .unit = "items",
                         .aggregation_type = AggregationType::gauge,
                         .trace_id = trace_id});

  // Histogram metric.
  manager.record_metric({.name = "response_time",
                         .value = 0.523,
                         .unit = "seconds",
                         .aggregation_type = AggregationType::histogram,
                         .trace_id = trace_id});

  // An instrument binds name and attributes once; each measurement is then an addition, collected at export.
  auto cache_hits = manager.counter("cache_hits", {.unit = "count", .attributes = {{"cache", "prompt"}}});
  auto latency = manager.histogram("latency", {.unit = "seconds"});
  for (int i = 1; i <= 1000; ++i) {
    cache_hits.add(1);
    latency.record(i * 0.001);
  }

  manager.end_trace(trace_id);
  manager.flush();
  for (const char* name : {"api_calls_total", "queue_depth", "response_time", "cache_hits", "latency"}) {
    const auto metric = manager.query_metrics({.name = name}).front();
    std::printf("%s = %g %s, %s", name, metric.value, metric.unit.c_str(),
                std::string(to_string(metric.aggregation_type)).c_str());
    if (metric.distribution) {
      std::printf(", %llu measurements, half of them below about %.1f",
                  static_cast<unsigned long long>(metric.distribution->count), metric.distribution->quantile(0.5));
    }
    std::printf("\n");
  }
}
