// Several processes on one file: two writers that share traces while a third prunes them, and eight writers whose
// ledgers must match what is in the file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "backends/sqlite/encoding.h"
#include "backends/temporary_directory.h"
#include "campaigns/campaign.h"
#include "campaigns/child_process.h"
#include "fakes/load.h"
#include "spark/backends/sqlite.h"
#include "spark/base/json.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// ---- Two writers share traces while a third process prunes ----

constexpr std::uint64_t shared_traces = 50;
constexpr Timestamp some_time = Timestamp(1'700'000'000s);

// A trace's name, and those of its spans, say which trace it is. Each round has other names, so that numbers of names
// come and go in the writers' memories as those of traces do.
std::string name_of(std::uint64_t trace, std::uint64_t round) {
  return "name " + std::to_string(trace) + "." + std::to_string(round % 7);
}

int write_shared_traces(const Parent& parent, const std::string& path, std::uint64_t writer) {
  SqliteStore store({.path = path, .busy_timeout = 60s, .checkpoint_bytes = 256 << 10});
  Random random(writer);
  const auto resource = std::make_shared<Resource>(Resource{.service_name = "writer " + std::to_string(writer)});
  std::uint64_t spans = 0;
  // A little slower than it could, so that the pruning gets ahead.
  for (std::uint64_t round = 0; !parent.wants_stop(1ms); ++round) {
    BatchBuilder batch(resource);
    for (int i = 0; i < 20; ++i) {
      const std::uint64_t trace = 1 + random.next() % shared_traces;
      const TraceId id{1, trace};
      const std::string name = name_of(trace, round);
      if (random.next() % 4 == 0) {
        batch.add(Trace{.trace_id = id,
                        .name = name,
                        .start_time = some_time,
                        .end_time = some_time,
                        .attributes = {{"trace", trace}, {"name", name}}});
      }
      const SpanId span{writer << 32 | ++spans};
      batch.add(Span{.span_id = span,
                     .trace_id = id,
                     .name = name,
                     .start_time = some_time,
                     .end_time = some_time,
                     .error_type = "error of " + name,
                     .attributes = {{"trace", trace}, {"name", name}}});
      batch.add(Event{.event_id = {writer, spans},
                      .trace_id = id,
                      .span_id = span,
                      .type = "type of " + name,
                      .name = name,
                      .timestamp = some_time,
                      .attributes = {{"trace", trace}, {"name", name}}});
    }
    store.write(*batch.build());
  }
  parent.report(std::to_string(spans));
  return 0;
}

int prune_all(const Parent& parent, const std::string& path) {
  SqliteStore store({.path = path, .busy_timeout = 60s});
  std::uint64_t traces = 0;
  const auto wants_more = [&](const PruneResult&) { return !parent.wants_stop(); };
  while (!parent.wants_stop()) {
    // It may never come to an end, since the others write traces that are just as old.
    traces += store.prune({.before = some_time + 1h, .rows_per_transaction = 1'000, .progress = wants_more}).traces;
  }
  parent.report(std::to_string(traces));
  return 0;
}

// Everything that is in the file says itself where it belongs.
constexpr const char* misplaced_sql =
    "SELECT count(*) FROM (SELECT trace_id, name, attributes, name AS other FROM spans "
    "UNION ALL SELECT trace_id, name, attributes, substr(error_type, 10) FROM spans "
    "UNION ALL SELECT trace_id, name, attributes, substr(type, 9) FROM events "
    "UNION ALL SELECT trace_id, name, attributes, name FROM traces) "
    "WHERE name IS NOT attributes ->> 'name' OR other IS NOT name OR "
    "trace_id IS NOT printf('00000000-0000-0001-0000-%012x', attributes ->> 'trace')";

std::string ask_to_stop(ChildProcess& child) {
  child.ask_to_stop();
  const auto line = child.next_line();
  EXPECT_EQ(child.wait(), 0);
  return line.value_or("");
}

TEST(Sharing, no_span_comes_under_a_wrong_trace_or_name_while_another_process_prunes) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("shared.db");
  { SqliteStore make({.path = path}); }
  ChildProcess one([&](const Parent& parent) { return write_shared_traces(parent, path, 1); });
  ChildProcess two([&](const Parent& parent) { return write_shared_traces(parent, path, 2); });
  ChildProcess pruner([&](const Parent& parent) { return prune_all(parent, path); });
  const auto end = SteadyClock::now() + std::chrono::seconds(campaign_count(5, 60));
  std::uint64_t looks = 0;
  std::uint64_t rows_seen = 0;
  {
    RawDatabase raw(path);
    for (; SteadyClock::now() < end; ++looks) {
      rows_seen += std::stoull(raw.run("SELECT count(*) FROM spans_data"));
      ASSERT_EQ(raw.run(misplaced_sql), "0\n");
    }
  }
  const std::string pruned = ask_to_stop(pruner);
  const std::string spans = ask_to_stop(one) + " and " + ask_to_stop(two);
  EXPECT_EQ(RawDatabase(path).run(misplaced_sql), "0\n");
  expect_sound(path);
  EXPECT_GT(std::stoull(pruned), 100U);
  EXPECT_GT(rows_seen, 100U);
  std::printf("%s spans written, %s traces pruned, %llu looks\n", spans.c_str(), pruned.c_str(),
              static_cast<unsigned long long>(looks));
}

// ---- Eight processes, and each ledger matches ----

constexpr int processes = 8;
constexpr std::uint64_t spans_per_tick = 200;
constexpr std::chrono::milliseconds tick{100};

const SinkRow& sink_row(const Stats& stats, RecordKind kind) {
  return stats.sinks.at(0).rows[static_cast<std::size_t>(kind)];
}

// Reports "pid traces spans events metrics span-events dropped", as its ledger has them; of span events, which are no
// records of their own, what was called. Each span has one of those, so a dropped span is one less.
int record_for(const Parent& parent, const std::string& path, std::chrono::seconds duration) {
  TelemetryManager manager(TelemetryConfig::create_sqlite(path));
  fakes::Calls calls;
  auto next = SteadyClock::now();
  // A steady load rather than all that the machine can do: two minutes of that would be gigabytes.
  for (const auto end = next + duration; SteadyClock::now() < end && !parent.wants_stop();) {
    calls += fakes::put_load(manager, spans_per_tick, 0);
    std::this_thread::sleep_until(next += tick);
  }
  const FlushResult flushed = manager.flush(120s);
  const Stats stats = manager.stats();
  if (!flushed.complete() || !stats.balanced() || stats[RecordKind::span].recorded != calls.spans) return 2;
  std::ostringstream line;
  line << ::getpid();
  for (const RecordKind kind : {RecordKind::trace_end, RecordKind::span, RecordKind::event, RecordKind::metric}) {
    line << " " << sink_row(stats, kind).exported;
  }
  line << " " << calls.span_events - (calls.spans - sink_row(stats, RecordKind::span).exported);
  line << " " << stats.dropped();
  parent.report(line.str());
  return 0;
}

// The same line from the file, without what was dropped: every row that carries the producer id of this process.
std::string count_rows(RawDatabase& raw, const std::string& pid) {
  const std::string producer =
      raw.run("SELECT resource ->> 'producer_id' FROM resources WHERE resource ->> 'process_id' = " + pid);
  if (producer.size() != 17) return "producers of " + pid + ": " + producer;  // 16 digits and the line's end
  const std::string id_high = std::to_string(detail::sqlite::id_to_column(std::stoull(producer, nullptr, 16)));
  const std::string by_resource =
      "resource IN (SELECT number FROM resources WHERE resource ->> 'producer_id' = '" + producer.substr(0, 16) + "')";
  const auto count = [&](const std::string& what) {
    std::string text = raw.run("SELECT count(*) FROM " + what);
    text.pop_back();
    return " " + text;
  };
  return pid + count("traces_data WHERE end_ns IS NOT NULL AND " + by_resource) +
         count("spans_data WHERE " + by_resource) + count("events_data WHERE source = 0 AND id_high = " + id_high) +
         count("metrics_data WHERE id_high = " + id_high) +
         count(
             "events_data AS e JOIN spans_data AS s ON s.trace = e.trace AND s.span = e.span WHERE e.source = 1 "
             "AND s." +
             by_resource);
}

TEST(Sharing, the_ledgers_of_eight_processes_match_the_file) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("eight.db");
  const std::chrono::seconds duration(campaign_count(5, 120));
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int i = 0; i < processes; ++i) {
    children.push_back(
        std::make_unique<ChildProcess>([&](const Parent& parent) { return record_for(parent, path, duration); }));
  }
  std::vector<std::string> lines;
  for (const auto& child : children) {
    lines.push_back(child->next_line().value_or(""));
    EXPECT_EQ(child->wait(), 0);
  }
  RawDatabase raw(path);
  for (const std::string& line : lines) {
    const std::string ledger = line.substr(0, line.rfind(' '));
    EXPECT_EQ(count_rows(raw, line.substr(0, line.find(' '))), ledger);
    std::printf("pid, traces, spans, events, metrics, span events, dropped: %s\n", line.c_str());
  }
  EXPECT_EQ(raw.run("SELECT count(*) FROM resources"), std::to_string(processes) + "\n");
  expect_sound(path);
}

}  // namespace
}  // namespace spark::testing
