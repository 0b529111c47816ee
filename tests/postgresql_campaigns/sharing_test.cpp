// Four processes record to one database at once, all of them to one trace and each to many: the rows are what their
// ledgers say.
#include <unistd.h>

#include <cstdio>
#include <map>
#include <sstream>

#include "campaigns/campaign.h"
#include "campaigns/child_process.h"
#include "fakes/load.h"
#include "postgresql/fixture.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using PostgresqlSharing = PostgresqlTest;

constexpr int processes = 4;
constexpr TraceId shared_trace{1, 77};

// What a process has exported, and how many of its spans were of the shared trace.
struct Ledger {
  std::uint64_t traces = 0, spans = 0, events = 0, metrics = 0, span_events = 0, shared_spans = 0;
  bool operator==(const Ledger&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Ledger& ledger) {
  return out << ledger.traces << " " << ledger.spans << " " << ledger.events << " " << ledger.metrics << " "
             << ledger.span_events << " " << ledger.shared_spans;
}
std::istream& operator>>(std::istream& in, Ledger& ledger) {
  return in >> ledger.traces >> ledger.spans >> ledger.events >> ledger.metrics >> ledger.span_events >>
         ledger.shared_spans;
}

std::uint64_t exported(const Stats& stats, RecordKind kind) {
  return stats.sinks.at(0).rows[static_cast<std::size_t>(kind)].exported;
}

// Reports its process id and its ledger.
int record_for(const Parent& parent, const std::string& uri, std::chrono::seconds duration) {
  constexpr std::uint64_t spans_per_tick = 200;
  constexpr std::chrono::milliseconds tick{100};
  TelemetryManager manager(TelemetryConfig::create_postgresql(uri, {.export_interval = 50ms}));
  fakes::Calls calls;
  Ledger ledger;
  auto next = SteadyClock::now();
  for (const auto end = next + duration; SteadyClock::now() < end && !parent.wants_stop();) {
    calls += fakes::put_load(manager, spans_per_tick, 0);
    for (int i = 0; i < 20; ++i, ++ledger.shared_spans) manager.start_span("shared", shared_trace).end();
    std::this_thread::sleep_until(next += tick);
  }
  const FlushResult flushed = manager.flush(120s);
  const Stats stats = manager.stats();
  if (!flushed.complete() || !stats.balanced() || stats.dropped() != 0) return 2;
  if (stats[RecordKind::span].recorded != calls.spans + ledger.shared_spans) return 3;
  ledger.traces = exported(stats, RecordKind::trace_end);
  ledger.spans = exported(stats, RecordKind::span);
  ledger.events = exported(stats, RecordKind::event);
  ledger.metrics = exported(stats, RecordKind::metric);
  ledger.span_events = calls.span_events;
  std::ostringstream line;
  line << ::getpid() << " " << ledger;
  parent.report(line.str());
  return 0;
}

// The same from the database, for each process.
std::map<std::string, Ledger> count_rows(const std::string& uri) {
  std::map<std::string, Ledger> ledgers;
  const auto count = [&](const std::string& rows, std::uint64_t Ledger::*member) {
    const std::string sql = "SELECT r.resource ->> 'process_id', count(*) FROM resources AS r JOIN " + rows +
                            " ON d.resource = r.number GROUP BY 1";
    for (const auto& row : run_sql(uri, sql)) ledgers[row[0]].*member = std::stoull(row[1]);
  };
  count("(SELECT * FROM traces_data WHERE end_ns IS NOT NULL) AS d", &Ledger::traces);
  count("spans_data AS d", &Ledger::spans);
  count("(SELECT * FROM events_data WHERE source = 0) AS d", &Ledger::events);
  count("metrics_data AS d", &Ledger::metrics);
  count("(SELECT * FROM events_data WHERE source = 1) AS d", &Ledger::span_events);
  count("(SELECT * FROM spans_data WHERE trace_id = '" + shared_trace.to_string() + "') AS d", &Ledger::shared_spans);
  return ledgers;
}

TEST_F(PostgresqlSharing, the_ledgers_of_four_processes_match_the_rows) {
  const std::chrono::seconds duration(campaign_count(4, 60));
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int i = 0; i < processes; ++i) {
    children.push_back(
        std::make_unique<ChildProcess>([&](const Parent& parent) { return record_for(parent, uri_, duration); }));
  }
  std::map<std::string, Ledger> ledgers;
  for (const auto& child : children) {
    std::istringstream line(child->next_line().value_or(""));
    EXPECT_EQ(child->wait(), 0);
    std::string process;
    line >> process;
    line >> ledgers[process];
  }
  EXPECT_EQ(count_rows(uri_), ledgers);
  EXPECT_EQ(value("SELECT count(*) FROM resources"), std::to_string(processes));
  EXPECT_EQ(value("SELECT count(*) FROM spans_data"),
            value("SELECT count(DISTINCT (trace_id, span_id)) FROM spans_data"));
  EXPECT_EQ(value("SELECT count(*) FROM traces WHERE partial"), "1") << "the shared one, which nobody started";
  EXPECT_EQ(value("SELECT count(*) FROM dead_letters"), "0");
  for (const auto& [process, ledger] : ledgers) {
    EXPECT_GT(ledger.shared_spans, 0U);
    std::ostringstream line;
    line << ledger;
    std::printf("traces, spans, events, metrics, span events, shared spans of %s: %s\n", process.c_str(),
                line.str().c_str());
  }
}

}  // namespace
}  // namespace spark::testing
