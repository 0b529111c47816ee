// A far end that comes and goes, and a process that is killed with SIGKILL again and again while it records 5,000 spans
// a second: what a flush has reported arrives, in the order in which each process recorded it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "campaigns/child_process.h"
#include "spark/backends/reliable.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

struct Paths {
  std::string spool;
  std::string received;  // the far end's: a line for each span
  std::string up;        // there while the far end is
};

class FileFarEnd final : public Sink {
 public:
  explicit FileFarEnd(const Paths& paths)
      : paths_(paths), file_(::open(paths.received.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {}
  FileFarEnd(const FileFarEnd&) = delete;
  FileFarEnd& operator=(const FileFarEnd&) = delete;
  ~FileFarEnd() override { ::close(file_); }

  [[nodiscard]] std::string_view name() const noexcept override { return "file"; }
  void write(const Batch& batch) override {
    if (!std::filesystem::exists(paths_.up)) throw RetryableError(ErrorCode::unavailable, "the far end is away");
    std::string lines = "\n";  // a process may have been killed within a line
    for (const SpanView& span : batch.spans()) lines.append(span.name).append(" .\n");
    if (::write(file_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) {
      throw Error(ErrorCode::unavailable, "the far end's file cannot be written");
    }
  }
  void flush(Deadline) override {}

 private:
  const Paths paths_;
  const int file_;
};

TelemetryConfig config_for(const Paths& paths) {
  return {
      .buffer_size = 20,
      .export_interval = 0.05s,
      .reliable = {.initial_backoff = 0.01s, .max_backoff = 0.1s, .probe_interval = 0.05s, .spool_path = paths.spool}};
}

ManagerSources sources_for(const Paths& paths) {
  ManagerSources sources;
  sources.sinks.push_back([paths](const TelemetryConfig& config) {
    return std::make_unique<ReliableSink>(std::make_unique<FileFarEnd>(paths), config.reliable);
  });
  return sources;
}

// Records "PROCESS NUMBER", ten each 2 ms, until it is killed. Reports "F PROCESS NUMBER" for what was flushed.
int record_until_killed(const Parent& parent, const Paths& paths) {
  TelemetryManager manager(config_for(paths), sources_for(paths));
  const std::string process = std::to_string(::getpid());
  auto next = std::chrono::steady_clock::now();
  for (std::uint64_t number = 0;;) {
    for (int i = 0; i < 10; ++i) manager.start_span(process + " " + std::to_string(number++)).end();
    if (number % 100 == 0) {
      if (!manager.flush(60s).complete()) return 2;
      const Stats stats = manager.stats();
      if (!stats.balanced()) return 3;
      // However long the far end is away, what waits for it is in the file, and not in memory.
      const SinkRow& spans = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
      if (spans.queued + spans.in_flight != 0) return 6;
      parent.report("F " + process + " " + std::to_string(number - 1));
    }
    std::this_thread::sleep_until(next += 2ms);
  }
}

// Delivers all that is left.
int drain(const Parent& parent, const Paths& paths) {
  TelemetryManager manager(config_for(paths), sources_for(paths));
  const auto is_drained = [&] {
    const SinkStats sink = manager.stats().sinks.at(0);
    return sink.rows[static_cast<std::size_t>(RecordKind::span)].spooled == 0;
  };
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!is_drained() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
  if (!is_drained() || !manager.stats().balanced()) return 4;
  const SinkStats sink = manager.stats().sinks.at(0);
  parent.report("R " + std::to_string(sink.rows[static_cast<std::size_t>(RecordKind::span)].recovered));
  return manager.shutdown(60s).complete() ? 0 : 5;
}

// What one process' spans were received as.
struct Received {
  std::set<std::uint64_t> numbers;
  bool is_in_order = true;  // each first time, that is: a batch may come twice
};

std::map<std::string, Received> read_received(const Paths& paths) {
  std::map<std::string, Received> processes;
  std::ifstream file(paths.received);
  for (std::string line; std::getline(file, line);) {
    char process[32];
    unsigned long long number = 0;
    char end = 0;
    if (std::sscanf(line.c_str(), "%31[0-9] %llu %c", process, &number, &end) != 3 || end != '.') continue;
    Received& received = processes[process];
    if (received.numbers.contains(number)) continue;
    received.is_in_order = received.is_in_order && (received.numbers.empty() || number > *received.numbers.rbegin());
    received.numbers.insert(number);
  }
  return processes;
}

TEST(SpoolCampaign, loses_nothing_flushed_while_the_far_end_comes_and_goes_and_the_process_is_killed) {
  const TemporaryDirectory directory;
  const Paths paths{directory.file("spool"), directory.file("received"), directory.file("up")};
  const std::uint64_t seed = campaign_seed();
  SCOPED_TRACE("SPARK_TEST_SEED=" + std::to_string(seed));
  Random random(seed);
  std::map<std::string, std::uint64_t> flushed;
  const int kills = campaign_count(8, 200);
  for (int kill = 0; kill < kills; ++kill) {
    ChildProcess child([&](const Parent& parent) { return record_until_killed(parent, paths); });
    // The far end changes its state every now and then, in each second process it is away for the whole time.
    for (std::uint64_t flushes = 2 + random.next() % 30; flushes > 0; --flushes) {
      if (random.next() % 4 == 0) {
        if (kill % 2 == 0 && !std::filesystem::exists(paths.up)) {
          std::ofstream(paths.up) << "up";
        } else {
          std::filesystem::remove(paths.up);
        }
      }
      const auto line = child.next_line();
      ASSERT_TRUE(line.has_value()) << "the process ended with " << child.wait();
      char process[32];
      unsigned long long number = 0;
      ASSERT_EQ(std::sscanf(line->c_str(), "F %31s %llu", process, &number), 2) << *line;
      flushed[process] = number;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random.next() % 20'000));
    child.kill();
    while (const auto line = child.next_line()) {
      char process[32];
      unsigned long long number = 0;
      if (std::sscanf(line->c_str(), "F %31s %llu", process, &number) == 2) flushed[process] = number;
    }
    (void)child.wait();
  }
  std::ofstream(paths.up) << "up";
  ChildProcess last([&](const Parent& parent) { return drain(parent, paths); });
  const std::string recovered = last.next_line().value_or("nothing");
  ASSERT_EQ(last.wait(), 0);

  const auto received = read_received(paths);
  std::uint64_t count = 0;
  for (const auto& [process, number] : flushed) {
    ASSERT_TRUE(received.contains(process)) << process;
    const Received& of = received.at(process);
    EXPECT_TRUE(of.is_in_order) << process;
    std::uint64_t missing = 0;
    for (std::uint64_t i = 0; i <= number; ++i) missing += of.numbers.contains(i) ? 0 : 1;
    EXPECT_EQ(missing, 0U) << process;
    count += number + 1;
  }
  EXPECT_EQ(flushed.size(), static_cast<std::size_t>(kills));
  std::printf("%d kills, %llu spans flushed, the last process recovered %s\n", kills,
              static_cast<unsigned long long>(count), recovered.c_str());
}

// Reads reports until this time, and keeps what the process has flushed.
void follow(ChildProcess& child, std::chrono::steady_clock::time_point until,
            std::map<std::string, std::uint64_t>& flushed) {
  while (std::chrono::steady_clock::now() < until) {
    const auto line = child.next_line();
    ASSERT_TRUE(line.has_value()) << "the process ended with " << child.wait();
    char process[32];
    unsigned long long number = 0;
    ASSERT_EQ(std::sscanf(line->c_str(), "F %31s %llu", process, &number), 2) << *line;
    flushed[process] = number;
  }
}

TEST(SpoolCampaign, loses_nothing_flushed_in_a_long_outage_in_which_the_process_is_killed_and_started_again) {
  const TemporaryDirectory directory;
  const Paths paths{directory.file("spool"), directory.file("received"), directory.file("up")};
  std::map<std::string, std::uint64_t> flushed;
  const std::chrono::seconds half(campaign_count(2, 15));
  const auto begin = std::chrono::steady_clock::now();
  {
    ChildProcess killed([&](const Parent& parent) { return record_until_killed(parent, paths); });
    follow(killed, begin + half, flushed);
    killed.kill();
  }
  ChildProcess restarted([&](const Parent& parent) { return record_until_killed(parent, paths); });
  follow(restarted, begin + 2 * half, flushed);
  EXPECT_TRUE(read_received(paths).empty());
  std::ofstream(paths.up) << "up";
  follow(restarted, begin + 2 * half + 1s, flushed);
  restarted.kill();
  (void)restarted.wait();
  ChildProcess last([&](const Parent& parent) { return drain(parent, paths); });
  ASSERT_TRUE(last.next_line().has_value());
  ASSERT_EQ(last.wait(), 0);
  const auto received = read_received(paths);
  ASSERT_EQ(flushed.size(), 2U);
  for (const auto& [process, number] : flushed) {
    ASSERT_TRUE(received.contains(process)) << process;
    EXPECT_TRUE(received.at(process).is_in_order) << process;
    const std::set<std::uint64_t>& numbers = received.at(process).numbers;
    EXPECT_EQ(std::distance(numbers.begin(), numbers.upper_bound(number)), static_cast<std::ptrdiff_t>(number + 1));
  }
}

}  // namespace
}  // namespace spark::testing
