// spark_soak records for a given time at a given rate and prints every ten seconds how much memory the process has and
// had at most so far, what was dropped, and the ledger. Exit code 0: the ledger balanced at the end and memory was
// never above the bound, if one was given; 1: not; 2: wrong arguments.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "spark/telemetry.h"
#include "spark/telemetry/sink.h"

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* usage =
    "usage: spark_soak [--seconds N] [--rate SPANS_A_SECOND] [--threads N] [--attribute-bytes N]\n"
    "                  [--to memory | sqlite:PATH | dead] [--every SECONDS] [--most-mib N]\n"
    "  --to dead      a sink that never returns\n"
    "  --most-mib N   fail if the process ever had more resident memory than this\n"
    "Defaults: 60 s, 10000 spans/s on one thread with 100 bytes of attributes, to memory, every 10 s.\n";

struct Options {
  std::uint64_t seconds = 60;
  std::uint64_t rate = 10'000;
  std::uint64_t threads = 1;
  std::uint64_t attribute_bytes = 100;
  std::uint64_t every = 10;
  std::uint64_t most_mib = 0;  // no bound
  std::string to = "memory";
};

std::uint64_t number(const std::string& option, const char* text) {
  std::uint64_t value = 0;
  const char* const end = text + std::strlen(text);
  const auto [parsed, error] = std::from_chars(text, end, value);
  if (error != std::errc() || parsed != end || value == 0) {
    throw std::invalid_argument(option + " needs a whole number of 1 or more, not \"" + text + "\"");
  }
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::uint64_t Options::*> numbers = {
      {"--seconds", &Options::seconds}, {"--rate", &Options::rate},
      {"--threads", &Options::threads}, {"--attribute-bytes", &Options::attribute_bytes},
      {"--every", &Options::every},     {"--most-mib", &Options::most_mib}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (i + 1 == argc) throw std::invalid_argument("unknown argument, or one without its value: " + argument);
    const char* const value = argv[++i];
    if (const auto found = numbers.find(argument); found != numbers.end()) {
      options.*found->second = number(argument, value);
    } else if (argument == "--to") {
      options.to = value;
    } else {
      throw std::invalid_argument("unknown argument " + argument);
    }
  }
  return options;
}

// Takes its first batch and never gives it back.
class DeadSink final : public spark::Sink {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "dead"; }
  void write(const spark::Batch&) override {
    for (;;) ::pause();
  }
  void flush(spark::Deadline) override {}
};

spark::TelemetryConfig config_of(const Options& options) {
  constexpr std::string_view sqlite = "sqlite:";
  if (options.to.starts_with(sqlite)) return spark::TelemetryConfig::create_sqlite(options.to.substr(sqlite.size()));
  if (options.to != "memory" && options.to != "dead") {
    throw std::invalid_argument("--to is memory, sqlite:PATH or dead, not " + options.to);
  }
  return spark::TelemetryConfig::create_memory();
}

// Of /proc/self/status (proc(5)), which has it in kB: "VmRSS" is what is resident, "VmHWM" the most that ever was.
double status_mib(std::string_view field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field)) return std::strtod(line.c_str() + field.size() + 1, nullptr) / 1024;
  }
  throw std::runtime_error("/proc/self/status does not say " + std::string(field));
}

// In bursts of a millisecond each, until the time is over.
void record(spark::TelemetryManager& manager, const Options& options, SteadyClock::time_point end) {
  const std::string text(options.attribute_bytes, 'x');
  const std::uint64_t a_second = options.rate / options.threads + 1;
  const auto begin = SteadyClock::now();
  for (std::uint64_t recorded = 0; SteadyClock::now() < end;) {
    const double elapsed = std::chrono::duration<double>(SteadyClock::now() - begin).count();
    const auto due = static_cast<std::uint64_t>(elapsed * static_cast<double>(a_second));
    while (recorded < due) {
      const spark::ActiveTrace trace = manager.start_trace("soak");
      const spark::ActiveSpan outer = manager.start_span("soak", trace.trace_id, {.is_root = true});
      for (int i = 0; i < 9 && recorded < due; ++i, ++recorded) {
        spark::ActiveSpan span = manager.start_span("step", {.attributes = {{"text", text}, {"n", recorded}}});
        if (recorded % 50 == 0) span.record_error("Refused", "one in fifty");
      }
      manager.record_event({.event_type = "soak", .name = "done"});
      ++recorded;
    }
    std::this_thread::sleep_for(1ms);
  }
}

// One line of figures. False: something is not as it must be.
bool report(const spark::TelemetryManager& manager, const Options& options, double seconds, bool is_at_rest) {
  const spark::Stats stats = manager.stats();
  const double peak_mib = status_mib("VmHWM");
  std::uint64_t recorded = 0, waiting = 0, exported = 0;
  for (const auto& row : stats.front) {
    recorded += row.recorded;
    waiting += row.in_rings;
  }
  for (const auto& sink : stats.sinks) {
    for (const auto& row : sink.rows) {
      exported += row.exported;
      waiting += row.queued + row.in_flight;
    }
  }
  std::printf("%7.0f s  %8.1f MiB  peak %8.1f MiB  recorded %12llu  exported %12llu  waiting %9llu  dropped %12llu%s\n",
              seconds, status_mib("VmRSS"), peak_mib, static_cast<unsigned long long>(recorded),
              static_cast<unsigned long long>(exported), static_cast<unsigned long long>(waiting),
              static_cast<unsigned long long>(stats.dropped()),
              is_at_rest ? (stats.balanced() ? "  balanced" : "  NOT BALANCED") : "");
  std::fflush(stdout);
  const bool fits = options.most_mib == 0 || peak_mib <= static_cast<double>(options.most_mib);
  if (!fits)
    std::fprintf(stderr, "spark_soak: %.1f MiB were resident, allowed are %llu\n", peak_mib,
                 static_cast<unsigned long long>(options.most_mib));
  return fits && (!is_at_rest || stats.balanced());
}

bool soak(const Options& options) {
  spark::ManagerSources sources;
  if (options.to == "dead") {
    sources.sinks.push_back([](const spark::TelemetryConfig&) { return std::make_unique<DeadSink>(); });
  }
  spark::TelemetryManager manager(config_of(options), sources);
  const auto begin = SteadyClock::now();
  const auto end = begin + std::chrono::seconds(options.seconds);
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < options.threads; ++i) threads.emplace_back([&] { record(manager, options, end); });
  bool is_well = true;
  for (auto next = begin; next < end;) {
    next = std::min(end, next + std::chrono::seconds(options.every));
    std::this_thread::sleep_until(next);
    is_well = report(manager, options, std::chrono::duration<double>(next - begin).count(), false) && is_well;
  }
  for (std::thread& thread : threads) thread.join();
  (void)manager.flush(options.to == "dead" ? 1s : 60s);
  is_well =
      report(manager, options, std::chrono::duration<double>(SteadyClock::now() - begin).count(), true) && is_well;
  if (options.to == "dead") std::_Exit(is_well ? 0 : 1);  // nobody waits for a dead sink
  return is_well;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(usage, stdout);
    return 0;
  }
  try {
    return soak(parse(argc, argv)) ? 0 : 1;
  } catch (const std::invalid_argument& error) {
    std::cerr << "spark_soak: " << error.what() << '\n' << usage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "spark_soak: " << error.what() << '\n';
    return 1;
  }
}
