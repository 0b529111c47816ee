// A writer is killed with SIGKILL again and again: while it opens the file, writes, checkpoints, prunes and closes,
// with a second writer and two readers on the same file.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "campaigns/child_process.h"
#include "spark/backends/sqlite.h"
#include "spark/base/error.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

enum class Phase : std::uint8_t { open, write, checkpoint, prune, close };
constexpr std::uint64_t phases = 5;
constexpr const char* phase_names[phases] = {"open", "write", "checkpoint", "prune", "close"};

constexpr Timestamp long_ago = Timestamp(1'000'000'000s);
constexpr int spans_per_trace = 10;

ManagerSources sources_for(const std::string& path, std::size_t checkpoint_bytes) {
  ManagerSources sources;
  sources.sinks.push_back([path, checkpoint_bytes](const TelemetryConfig&) {
    return std::make_unique<SqliteStore>(
        SqliteOptions{.path = path, .busy_timeout = 60s, .checkpoint_bytes = checkpoint_bytes});
  });
  return sources;
}

void record_trace(TelemetryManager& manager, Text name, TraceId& id) {
  const ActiveTrace trace = manager.start_trace(name);
  id = trace.trace_id;
  for (int i = 0; i < spans_per_trace; ++i) {
    ActiveSpan span = manager.start_span("step", trace.trace_id, {.attributes = {{"i", i}}});
    span.add_event("moment");
  }
  manager.record_metric({.name = "done", .value = 1, .trace_id = trace.trace_id});
}

// Traces of long ago, which are there to be pruned.
void write_victims(Store& store, std::uint64_t seed) {
  Random random(seed);
  BatchBuilder batch(std::make_shared<Resource>(Resource{.service_name = "victims"}));
  for (int trace = 0; trace < 20; ++trace) {
    const TraceId id{random.next() | 1, random.next()};
    batch.add(Trace{.trace_id = id, .name = "victim", .start_time = long_ago, .end_time = long_ago});
    for (std::uint64_t span = 1; span <= 10; ++span) {
      batch.add(Span{.span_id = {span}, .trace_id = id, .name = "old", .start_time = long_ago, .end_time = long_ago});
    }
  }
  store.write(*batch.build());
}

// Works until it is killed. Reports what it is about to do ("P phase"), its run ("R id"), that the run may end from now
// on ("X id"), and each trace that was flushed ("F id").
int work_until_killed(const Parent& parent, const std::string& path, Phase phase) {
  for (std::uint64_t session = 1;; ++session) {
    parent.report("P open");
    TelemetryManager manager(TelemetryConfig{.buffer_size = 20},
                             sources_for(path, phase == Phase::checkpoint ? 1 : 256 << 10));
    const auto store = std::dynamic_pointer_cast<SqliteStore>(manager.store());
    const ActiveTrace run = manager.start_trace("run");
    if (!manager.flush(60s).complete()) return 2;
    parent.report("R " + run.trace_id.to_string());
    const int traces = phase == Phase::open || phase == Phase::close ? 2 : 1'000'000;
    for (int i = 1; i <= traces; ++i) {
      TraceId id;
      parent.report("P write");
      record_trace(manager, "work", id);
      if (!manager.flush(60s).complete()) return 2;
      parent.report("F " + id.to_string());
      if (phase != Phase::prune) continue;
      write_victims(*store, operating_system_random());
      parent.report("P prune");
      store->prune({.before = long_ago + 1h, .rows_per_transaction = 40});
    }
    parent.report("X " + run.trace_id.to_string());
    parent.report("P close");
    manager.end_trace(run.trace_id);
    manager.shutdown(60s);
  }
}

int write_beside(const Parent& parent, const std::string& path) {
  TelemetryManager manager(TelemetryConfig{.buffer_size = 20}, sources_for(path, 64 << 10));
  std::uint64_t traces = 0;
  while (!parent.wants_stop(2ms)) {
    TraceId id;
    record_trace(manager, "beside", id);
    if (!manager.flush(60s).complete()) return 2;
    ++traces;
  }
  if (manager.stats().dropped() != 0) return 4;
  parent.report("D " + std::to_string(traces));
  return 0;
}

int read_beside(const Parent& parent, const std::string& path, bool read_only) {
  SqliteStore store({.path = path, .read_only = read_only});
  std::uint64_t queries = 0;
  while (!parent.wants_stop(5ms)) {
    for (const Trace& trace : store.query_traces({.limit = 5})) {
      for (const Span& span : store.query_spans({.trace_id = trace.trace_id})) {
        if (span.trace_id != trace.trace_id || span.name != (trace.name == "victim" ? "old" : "step")) return 5;
      }
      ++queries;
    }
  }
  parent.report("Q " + std::to_string(queries));
  return 0;
}

// What the killed writers reported.
struct Reports {
  std::set<std::string> flushed, died, may_have_ended;
};

class Killing {
 public:
  Killing(std::string path, std::uint64_t seed) : path_(std::move(path)), random_(seed) {}

  // Waits until the writer has announced the phase some times, then a moment, and kills.
  void kill_one() {
    const auto phase = static_cast<Phase>(++kills_ % phases);
    static constexpr const char* announcements[phases] = {"P open", "P write", "P write", "P prune", "P close"};
    const std::string announcement = announcements[static_cast<std::size_t>(phase)];
    const std::uint64_t times = 1 + random_.next() % (phase == Phase::write || phase == Phase::checkpoint ? 10 : 3);
    // A close is over soon.
    const std::chrono::microseconds moment(random_.next() % (phase == Phase::close ? 1'000 : 8'000));
    ChildProcess child([&](const Parent& parent) { return work_until_killed(parent, path_, phase); });
    std::uint64_t seen = 0;
    std::string last;
    while (const auto line = child.next_line()) {
      take(*line);
      last = *line;
      if (*line != announcement || ++seen != times) continue;
      std::this_thread::sleep_for(moment);
      child.kill();
    }
    EXPECT_EQ(child.wait(), -SIGKILL) << "the writer ended by itself";
    kills_in_[static_cast<std::size_t>(phase)] += last == announcement ? 1 : 0;
  }

  [[nodiscard]] const Reports& reports() const { return reports_; }
  // How many writers were killed in the phase: they had not yet said that they were beyond it.
  [[nodiscard]] int kills_in(Phase phase) const { return kills_in_[static_cast<std::size_t>(phase)]; }

 private:
  void take(const std::string& line) {
    const std::string id = line.substr(2);
    if (line[0] == 'F') reports_.flushed.insert(id);
    if (line[0] == 'R') reports_.died.insert(id);
    if (line[0] == 'X') {
      reports_.died.erase(id);
      reports_.may_have_ended.insert(id);
    }
  }

  const std::string path_;
  Random random_;
  std::uint64_t kills_ = 0;
  std::array<int, phases> kills_in_{};
  Reports reports_;
};

std::set<std::string> lines_of(const std::string& text) {
  std::istringstream lines(text);
  std::set<std::string> set;
  for (std::string line; std::getline(lines, line);) set.insert(line);
  return set;
}

// Those of `expected` that are not in `found`.
std::string missing_of(const std::set<std::string>& expected, const std::set<std::string>& found) {
  std::string missing;
  for (const std::string& line : expected) {
    if (!found.contains(line)) missing += line + " ";
  }
  return missing;
}

void expect_everything_flushed(const std::string& path, const Reports& reports) {
  RawDatabase raw(path);
  const std::string per_trace =
      "SELECT trace_id FROM traces WHERE name = 'work' AND status = 'completed' AND "
      "(SELECT count(*) FROM spans_data WHERE trace = t.number) = 10 AND "
      "(SELECT count(*) FROM events_data WHERE trace = t.number) = 10 AND "
      "(SELECT count(*) FROM metrics_data WHERE trace = t.number) = 1";
  const std::string number =
      " FROM traces_data AS d JOIN trace_ids AS t ON t.number = d.trace "
      "JOIN names AS n ON n.number = d.name ";
  const std::string uuid =
      "SELECT lower(substr(hex(t.trace_id), 1, 8) || '-' || substr(hex(t.trace_id), 9, 4) || '-' || "
      "substr(hex(t.trace_id), 13, 4) || '-' || substr(hex(t.trace_id), 17, 4) || '-' || substr(hex(t.trace_id), 21)) ";
  const std::string complete =
      uuid + number + "WHERE n.text = 'work' AND d.status = 1 AND " + per_trace.substr(per_trace.find("(SELECT"));
  EXPECT_EQ(missing_of(reports.flushed, lines_of(raw.run(complete))), "") << "flushed, and not there as a whole";
  EXPECT_EQ(missing_of(reports.died, lines_of(raw.run(uuid + number + "WHERE n.text = 'run' AND d.status = 0"))), "")
      << "runs that died";
  EXPECT_EQ(
      missing_of(reports.may_have_ended, lines_of(raw.run(uuid + number + "WHERE n.text = 'run' AND d.status < 2"))),
      "");
}

TEST(Kills, lose_nothing_flushed_and_nothing_is_there_twice) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("kills.db");
  const std::uint64_t seed = campaign_seed();
  SCOPED_TRACE("SPARK_TEST_SEED=" + std::to_string(seed));
  ChildProcess other([&](const Parent& parent) { return write_beside(parent, path); });
  Killing killing(path, seed);
  killing.kill_one();  // the file is there now
  ChildProcess reader([&](const Parent& parent) { return read_beside(parent, path, false); });
  ChildProcess looker([&](const Parent& parent) { return read_beside(parent, path, true); });
  const int kills = campaign_count(30, 300);
  for (int i = 1; i < kills; ++i) {
    killing.kill_one();
    if (i % 50 == 0) expect_everything_flushed(path, killing.reports());
    if (::testing::Test::HasFailure()) break;
  }
  std::string counts;
  std::uint64_t traces_beside = 0;
  for (ChildProcess* child : {&other, &reader, &looker}) {
    child->ask_to_stop();
    while (const auto line = child->next_line()) {
      counts += " " + *line;
      if (line->starts_with("D ")) traces_beside = std::stoull(line->substr(2));
    }
    EXPECT_EQ(child->wait(), 0);
  }
  expect_everything_flushed(path, killing.reports());
  expect_sound(path);
  RawDatabase raw(path);
  const std::string beside = std::to_string(traces_beside) + "\n";
  EXPECT_EQ(raw.run("SELECT count(*) FROM traces WHERE name = 'beside' AND status = 'completed'"), beside);
  EXPECT_EQ(raw.run("SELECT count(*) FROM spans_data JOIN traces_data USING (trace) WHERE traces_data.name = "
                    "(SELECT number FROM names WHERE text = 'beside')"),
            std::to_string(traces_beside * spans_per_trace) + "\n");
  std::printf("killed in the phase:");
  for (std::uint64_t phase = 0; phase < phases; ++phase) {
    const int hits = killing.kills_in(static_cast<Phase>(phase));
    std::printf(" %s %d", phase_names[phase], hits);
    EXPECT_GT(hits, 0) << phase_names[phase];
  }
  std::printf("\n%d kills, %zu traces flushed, %zu runs died; others:%s\n", kills, killing.reports().flushed.size(),
              killing.reports().died.size(), counts.c_str());
}

}  // namespace
}  // namespace spark::testing
