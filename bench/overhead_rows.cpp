// What telemetry costs a graph that works: five nodes of 100 µs of computation each, in blocks of at least a second
// with telemetry on and off in turn, so that the machine's moods meet both alike. A block with telemetry includes its
// flush. The figure is the median over the pairs of blocks of how much longer a run takes, with the interval that holds
// the median of such pairs in 95 of 100 cases (by order statistics, as in Hahn and Meeker, Statistical
// Intervals, 5.2.2).
#include <ctime>

#include <atomic>
#include <cmath>
#include <functional>
#include <iomanip>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base.h"
#include "cpu_time.h"
#include "harness.h"
#include "overhead.h"
#include "spark/async/sync_wait.h"
#include "spark/graph/graph.h"
#include "spark/telemetry/sink.h"
#include "statistics.h"
#include "temporary_folder.h"

namespace spark::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int nodes_of_the_chain = 5;

// How many base() take 100 µs here. A number of steps and not a time: a node that is disturbed takes longer. The
// thread's own time, so that others at work while this is found out do not make the nodes smaller.
std::uint64_t steps_of_a_node() {
  static const std::uint64_t steps = [] {
    constexpr std::uint64_t trial = 20'000;
    std::uint64_t x = 1;
    const std::int64_t begin = thread_cpu_ns();
    for (std::uint64_t i = 0; i < trial; ++i) x = base(x);
    const auto ns = static_cast<double>(thread_cpu_ns() - begin);
    return static_cast<std::uint64_t>(1e5 / (ns / trial)) + (x == 0 ? 1 : 0);
  }();
  return steps;
}

class BusyNode final : public Node {
 public:
  Task<Outputs> process(ExecutionContext&) override {
    std::uint64_t x = 1;
    for (std::uint64_t i = 0; i < steps_of_a_node(); ++i) x = base(x);
    co_return Outputs{{"result", x}};
  }
};

NodePtr busy_chain() {
  const NodePtr first = make_node<BusyNode>();
  NodePtr last = first;
  for (int i = 1; i < nodes_of_the_chain; ++i) {
    const NodePtr next = make_node<BusyNode>();
    last >> next;
    last = next;
  }
  return first;
}

double process_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// A run's share of one block.
struct Block {
  double seconds = 0;
  double cpu_seconds = 0;
};

Block run_block(TelemetryManager& manager, std::size_t threads, std::chrono::nanoseconds least) {
  const Graph graph({.start = busy_chain(), .telemetry = &manager});
  std::atomic<std::uint64_t> runs{0};
  const double cpu_begin = process_cpu_seconds();
  const auto begin = SteadyClock::now();
  const auto work = [&] {
    while (SteadyClock::now() - begin < least) {
      (void)sync_wait(graph.run());
      ++runs;
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  if (!manager.flush(60s).complete()) throw std::runtime_error("the flush at the end of a block did not complete");
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  const auto share = static_cast<double>(threads) / static_cast<double>(runs);
  return {seconds * share, (process_cpu_seconds() - cpu_begin) / static_cast<double>(runs)};
}

// Percent.
struct Overhead {
  double median = 0;
  double low = 0, high = 0;
  double cpu = 0;
};

// The median's interval: of n sorted values, those at the ranks that n/2 is 1.96 standard deviations away from.
void set_interval(Overhead& overhead, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const auto rank = static_cast<std::size_t>(std::max(0.0, std::floor((n - 1.96 * std::sqrt(n)) / 2)));
  overhead.low = values[rank];
  overhead.high = values[values.size() - 1 - rank];
  overhead.median = median(std::move(values));
}

Overhead measure(TelemetryManager& on, std::size_t threads, std::size_t pairs, std::chrono::nanoseconds block) {
  TelemetryManager off(TelemetryConfig::create_noop());
  (void)run_block(on, threads, block / 4);
  (void)run_block(off, threads, block / 4);
  std::vector<double> wall, cpu;
  for (std::size_t i = 0; i < pairs; ++i) {
    const bool on_first = i % 2 == 0;
    const Block first = run_block(on_first ? on : off, threads, block);
    const Block second = run_block(on_first ? off : on, threads, block);
    const Block& with = on_first ? first : second;
    const Block& without = on_first ? second : first;
    wall.push_back((with.seconds / without.seconds - 1) * 100);
    cpu.push_back((with.cpu_seconds / without.cpu_seconds - 1) * 100);
  }
  if (on.stats().dropped() != 0) throw std::runtime_error("records were dropped");
  Overhead overhead;
  overhead.cpu = median(std::move(cpu));
  set_interval(overhead, std::move(wall));
  return overhead;
}

}  // namespace

std::vector<Result> graph_overhead(const char* name, const TelemetryConfig& config, double target,
                                   const Options& options) {
  TelemetryManager on(config);
  const std::size_t pairs = options.quick ? 3 : 21;
  const std::chrono::nanoseconds block = options.quick ? 300ms : 1'000ms;
  const Overhead one = measure(on, 1, pairs, block);
  const Overhead both = measure(on, 2, options.quick ? 1 : 7, block);
  std::ostringstream note;
  note << std::fixed << std::setprecision(2) << "95 % interval " << one.low << " to " << one.high
       << "; the process's CPU +" << one.cpu << " %; both cores busy: " << both.median << " %, CPU +" << both.cpu
       << " %";
  Result result{.name = name, .value = one.median, .unit = "%"};
  result.target = target;
  result.note = note.str();
  return {result};
}

namespace {

// ---- one sink while the other hangs ----

class CountingSink final : public Sink {
 public:
  explicit CountingSink(std::atomic<std::uint64_t>& spans) : spans_(spans) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "counting"; }
  void write(const Batch& batch) override {
    std::uint64_t sum = 0;
    for (const SpanView& span : batch.spans()) sum += span.name.size() + span.attributes.size();
    spans_ += batch.spans().size() + (sum == 0 ? 1 : 0);
  }
  void flush(Deadline) override {}

 private:
  std::atomic<std::uint64_t>& spans_;
};

class HangingSink final : public Sink {
 public:
  explicit HangingSink(const std::atomic<bool>& may_go_on) : may_go_on_(may_go_on) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "hanging"; }
  void write(const Batch&) override { may_go_on_.wait(false); }
  void flush(Deadline) override {}

 private:
  const std::atomic<bool>& may_go_on_;
};

// More than the 64 MiB of a queue hold.
constexpr std::uint64_t spans_that_fill_the_queue = 500'000;

// Spans a second that reach the counting sink. The recorder holds back while many wait, so that none is dropped there.
double spans_per_second(bool with_hung_sink, std::uint64_t spans) {
  std::atomic<std::uint64_t> arrived{0};
  std::atomic<bool> may_go_on{false};
  ManagerSources sources;
  sources.sinks.push_back([&](const TelemetryConfig&) { return std::make_unique<CountingSink>(arrived); });
  if (with_hung_sink) {
    sources.sinks.push_back([&](const TelemetryConfig&) { return std::make_unique<HangingSink>(may_go_on); });
  }
  double result = 0;
  {
    TelemetryManager manager({}, sources);
    const ActiveSpan outer = manager.start_span("outer");
    std::uint64_t recorded = 0;
    const auto record = [&](std::uint64_t count) {
      const auto begin = SteadyClock::now();
      for (const std::uint64_t end = recorded + count; recorded < end; ++recorded) {
        const ActiveSpan span = manager.start_span("TransformNode", {.attributes = {{"n", recorded}, {"type", "T"}}});
        while (recorded % 1'000 == 0 && recorded > arrived.load(std::memory_order_relaxed) + 50'000) {
          std::this_thread::sleep_for(100us);
        }
      }
      while (arrived.load() < recorded) {
        (void)manager.flush(1ms);
        if (SteadyClock::now() - begin > 60s) throw std::runtime_error("spans did not arrive at the sink that works");
      }
    };
    // Until the queue of the one that hangs is full: from then on it is as it will stay.
    record(spans_that_fill_the_queue);
    const auto begin = SteadyClock::now();
    record(spans);
    result = static_cast<double>(spans) / std::chrono::duration<double>(SteadyClock::now() - begin).count();
    may_go_on = true;
    may_go_on.notify_all();
  }
  return result;
}

std::vector<Result> hung_sink(const Options& options) {
  const std::uint64_t spans = options.quick ? 500'000 : 2'000'000;
  std::vector<double> ratios, alone;
  for (int i = 0; i < (options.quick ? 3 : 9); ++i) {
    const bool alone_first = i % 2 == 0;
    const double first = spans_per_second(!alone_first, spans);
    const double second = spans_per_second(alone_first, spans);
    alone.push_back(alone_first ? first : second);
    ratios.push_back(alone_first ? second / first : first / second);
  }
  Result result{.name = "hung_sink_ratio", .value = median(ratios), .unit = "ratio"};
  result.target = 0.95;
  result.better = Result::Better::higher;
  result.note = "alone " + std::to_string(static_cast<std::uint64_t>(median(alone))) + " spans/s";
  return {result};
}

}  // namespace

void add_overhead_rows(std::vector<Row>& rows) {
  rows.push_back({{"graph_overhead_memory"}, [](const Options& options) {
                    return graph_overhead("graph_overhead_memory", TelemetryConfig::create_memory(), 1.0, options);
                  }});
  rows.push_back({{"graph_overhead_sqlite"}, [](const Options& options) {
                    const TemporaryFolder folder;
                    const auto config = TelemetryConfig::create_sqlite(folder.file("telemetry.db"));
                    return graph_overhead("graph_overhead_sqlite", config, 1.5, options);
                  }});
  rows.push_back({{"hung_sink_ratio"}, hung_sink});
}

}  // namespace spark::bench
