// How many runs fail, hour by hour and how sure that is; and whether they become slower.

#include <spark/spark.h>

#include <cstdio>
#include <stdexcept>

using namespace std::chrono_literals;

int main() {
  spark::VirtualClock clock;  // begins at 10:00, so that half a day passes at once
  spark::TelemetryManager manager(spark::TelemetryConfig::create_memory(), {.clock = &clock});
  for (int hour = 0; hour < 12; ++hour) {
    for (int run = 0; run < 10; ++run) {
      auto trace = manager.start_trace("import");
      clock.advance(100ms + hour * 5ms + run * 1ms);
      trace.end(hour == 6 && run < 4 ? spark::TraceStatus::failed : spark::TraceStatus::completed);
      clock.advance(5min);
    }
    clock.advance(10min - 1s * hour);
  }
  manager.flush();
  spark::Store& store = *manager.store();

  const auto failures = spark::analysis::failure_rate(store, {.traces = {.name = "import"}, .bucket = 1h});
  std::printf("%llu of %llu runs failed: %.1f %%, between %.1f and %.1f\n",
              static_cast<unsigned long long>(failures.failures.hits),
              static_cast<unsigned long long>(failures.failures.trials), 100 * failures.failures.share(),
              100 * failures.interval.low, 100 * failures.interval.high);
  for (const auto& bucket : failures.buckets) {
    if (bucket.failures.hits == 0) continue;
    std::printf("  from %s: %llu of %llu, %.0f to %.0f %%\n", spark::to_iso8601(bucket.start).substr(0, 16).c_str(),
                static_cast<unsigned long long>(bucket.failures.hits),
                static_cast<unsigned long long>(bucket.failures.trials), 100 * bucket.interval.low,
                100 * bucket.interval.high);
  }

  const auto trend = spark::analysis::trend(store, {.traces = {.name = "import"}, .bucket = 1h});
  std::printf("median: %s by %.1f ms an hour\n", std::string(to_string(trend.p50.direction)).c_str(),
              1'000 * trend.p50.per_hour.slope);
  std::printf("failures: %s\n", std::string(to_string(trend.failure_share.direction)).c_str());
}
