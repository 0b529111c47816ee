// How slow and how faulty, by group: the store counts, and the program gets a line for each group, not the spans.

#include <spark/telemetry.h>

#include <cstdio>
#include <string>

using namespace std::chrono_literals;

namespace {

// A request that takes some time, which passes on the injected clock only.
void serve(spark::TelemetryManager& manager, spark::VirtualClock& clock, spark::Text name,
           std::chrono::milliseconds duration, bool fails, double tokens) {
  auto span = manager.start_span(name, {.attributes = {{"llm", spark::Object{{"tokens", tokens}}}}});
  clock.advance(duration);
  if (fails) span.set_status(spark::SpanStatus::failed, "overloaded");
}

}  // namespace

int main() {
  spark::VirtualClock clock;  // begins on 2025-01-15 at 10:00 UTC
  spark::TelemetryManager manager(spark::TelemetryConfig::create_memory(), {.clock = &clock});

  // Three hours, a request every three minutes; the second hour is a bad one.
  for (int i = 0; i < 60; ++i) {
    const bool is_bad_hour = i / 20 == 1;
    serve(manager, clock, "search", std::chrono::milliseconds(20 + i % 20), is_bad_hour && i % 4 == 0, 100);
    serve(manager, clock, "summarize", std::chrono::milliseconds(is_bad_hour ? 900 : 300), is_bad_hour && i % 2 == 0,
          1'500);
    clock.advance_to(3min * (i + 1));
  }
  manager.flush();

  std::printf("p95 by name, the slowest first\n");
  for (const spark::Group& group :
       manager.aggregate_spans({}, {.by = {spark::group_by_name()}, .order = spark::GroupOrder::p95})) {
    std::printf("  %-10s %2llu requests, p50 %3.0f ms, p95 %3.0f ms\n", group.keys[0].as_string().c_str(),
                static_cast<unsigned long long>(group.count), group.p50 * 1e3, group.p95 * 1e3);
  }

  std::printf("error rate by hour\n");
  const spark::Aggregation by_hour{
      .by = {spark::group_by_time(1h)}, .order = spark::GroupOrder::key, .descending = false};
  for (const spark::Group& group : manager.aggregate_spans({}, by_hour)) {
    const std::string begin = spark::to_iso8601(spark::bucket_start(group.keys[0]));
    std::printf("  %s %5.1f %%\n", begin.substr(11, 5).c_str(), group.error_rate() * 100);
  }

  std::printf("tokens of failed requests\n");
  for (const spark::Group& group : manager.aggregate_spans(
           {.status = spark::SpanStatus::failed}, {.by = {spark::group_by_name()}, .measure = {"llm", "tokens"}})) {
    std::printf("  %-10s %.0f\n", group.keys[0].as_string().c_str(), group.sum);
  }
}
