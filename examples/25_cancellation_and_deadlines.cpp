// Runs that are ended from outside: by a stop, which cancels them, and by a deadline, which fails them.

#include <spark/spark.h>

#include <cstdio>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

using spark::ExecutionContext;
using spark::Outputs;
using namespace std::chrono_literals;

class WaitNode : public spark::Node {
 public:
  explicit WaitNode(std::promise<void>& has_begun) : has_begun_(has_begun) {}
  spark::Task<Outputs> process(ExecutionContext&) override {
    has_begun_.set_value();
    co_await spark::sleep_for(1h);  // ends at once with Error(cancelled) when the run is cancelled
    co_return Outputs{};
  }

 private:
  std::promise<void>& has_begun_;
};

namespace {

void run(const spark::Graph& graph, const spark::RunOptions& options) {
  try {
    spark::sync_wait(graph.run({}, options));
  } catch (const spark::Error& error) {
    std::printf("%s: ", std::string(to_string(error.code())).c_str());
  }
  auto& manager = graph.telemetry();
  manager.flush();
  const auto trace = manager.query_traces({.limit = 1}).front();
  const auto node = manager.query_spans({.limit = 1, .name = "WaitNode"}).front();
  std::printf("the trace is %s, the node's span %s\n", std::string(to_string(trace.status)).c_str(),
              std::string(to_string(node.status)).c_str());
}

}  // namespace

int main() {
  const auto memory = spark::TelemetryConfig::create_memory();
  {
    std::promise<void> has_begun;
    spark::Graph graph({.start = spark::make_node<WaitNode>(has_begun), .telemetry_config = memory});
    std::stop_source source;
    const std::jthread stopper([&] {
      has_begun.get_future().wait();
      source.request_stop();
    });
    const spark::RunOptions options{.stop = source.get_token()};
    run(graph, options);
  }
  {
    std::promise<void> has_begun;
    spark::Graph graph({.start = spark::make_node<WaitNode>(has_begun), .telemetry_config = memory});
    const spark::RunOptions options{.timeout = 50ms};
    run(graph, options);
  }
}
