// Is the new version of a graph better? What the runs say, and whether chance alone might have said it.

#include <spark/spark.h>

#include <cstdio>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using spark::ExecutionContext;
using spark::Outputs;

namespace {

// Answers in a time that varies; the call with a number that `fails_every` divides fails.
spark::NodePtr answer(int fails_every, spark::Seconds typical) {
  return spark::function_node("Answer", [=](ExecutionContext& context) -> spark::Task<Outputs> {
    const auto number = context.inputs().at("number").as_int();
    co_await spark::sleep_for(typical + (number * 37 % 100) * 1ms);
    if (number % fails_every == 0) throw std::runtime_error("no answer");
    co_return Outputs{};
  });
}

}  // namespace

int main() {
  spark::VirtualClock clock;
  spark::TelemetryManager manager(spark::TelemetryConfig::create_memory(), {.clock = &clock});
  const auto graph = [&](const char* version, int fails_every, spark::Seconds typical) {
    return spark::Graph({.start = answer(fails_every, typical), .id = "qa", .version = version, .telemetry = &manager});
  };
  const auto run = [&](const spark::Graph& which, int runs) {
    for (int number = 1; number <= runs; ++number) {
      try {
        spark::sync_wait(which.run(spark::Inputs{{"number", number}}), {.clock = &clock});
      } catch (const std::runtime_error&) {  // recorded
      }
    }
  };
  const auto compare = [&](const char* a, const char* b) {
    manager.flush();
    const auto found =
        spark::analysis::compare_versions(*manager.store(), {.graph_id = "qa", .version_a = a, .version_b = b});
    std::printf("%s -> %s: %s by %.0f ms (%.0f to %.0f), %s (%.0f %% -> %.0f %%)\n", a, b,
                std::string(to_string(found.durations)).c_str(), found.shift.shift * 1e3,
                found.shift.interval.low * 1e3, found.shift.interval.high * 1e3,
                std::string(to_string(found.errors)).c_str(), found.a.errors.share() * 100,
                found.b.errors.share() * 100);
  };

  run(graph("1.0", 10, 500ms), 200);
  run(graph("1.1", 10, 350ms), 200);
  compare("1.0", "1.1");
  run(graph("1.2", 3, 350ms), 200);
  compare("1.1", "1.2");
  run(graph("1.3", 100, 350ms), 5);
  compare("1.2", "1.3");
}
