// NodePolicy: a node that is tried again, after longer and longer pauses, and whose attempts have a time limit.

#include <spark/spark.h>

#include <cstdio>
#include <stdexcept>

using spark::ExecutionContext;
using spark::Outputs;
using namespace std::chrono_literals;

class QuoteNode : public spark::Node {
 public:
  spark::Task<Outputs> process(ExecutionContext& context) override {
    if (context.attempt() == 1) throw std::runtime_error("the service is busy");
    if (context.attempt() == 2) co_await spark::sleep_for(60s);  // longer than an attempt may take
    co_return Outputs{{"price", 42}, {"attempt", context.attempt()}};
  }
};

int main() {
  auto quote = spark::make_node<QuoteNode>();
  quote->set_policy({.max_attempts = 4,
                     // 1 s, then 2 s, then 4 s. Without jitter, so that the output is always the same.
                     .backoff = {.initial = 1s, .factor = 2, .jitter = 0},
                     .timeout = 5s});

  spark::Graph graph({.start = quote, .telemetry_config = spark::TelemetryConfig::create_memory()});
  spark::VirtualClock clock;  // sleeps take no time, and always the same
  const auto result = spark::sync_wait(graph.run(), {.clock = &clock});
  std::printf("%s after %.0f s\n", spark::to_json(result).c_str(), spark::Seconds(clock.steady_now()).count());

  auto& manager = graph.telemetry();
  manager.flush();
  for (const auto& event : manager.query_events({.event_type = "node_retry", .order = spark::Order::oldest_first})) {
    std::printf(
        "attempt %lld: %s; again after %.0f s\n", static_cast<long long>(event.attributes.at("attempt").as_int()),
        event.attributes.at("error_message").as_string().c_str(), event.attributes.at("delay_seconds").as_double());
  }
}
