// The rows of the PostgreSQL backend, against a server of our own on this machine (tests/postgresql/server.h) with
// PostgreSQL's default settings, fsync and autovacuum included: how many spans a second reach it, end to end, and how
// that compares with the bare baseline; what a working graph pays; what a caller feels of a server that hangs; how long
// the spool takes after an outage; and how long one waits for answers.
//
// The server shares this machine's cores with what is measured. Each repetition of writing has databases of its own and
// is followed by the bare baseline with the very rows that were written; the ratio is of the two.
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "end_to_end.h"
#include "harness.h"
#include "outage.h"
#include "overhead.h"
#include "postgresql/bare_copy.h"
#include "postgresql/server.h"
#include "query_times.h"
#include "spark/backends/postgresql.h"
#include "statistics.h"
#include "temporary_folder.h"
#include "workload.h"

namespace spark::bench {
namespace {

using namespace std::chrono_literals;
using testing::PostgresServer;

constexpr const char* default_settings = "PostgreSQL's default settings";

// The one of all rows that do not stop it.
PostgresServer& bench_server() {
  static PostgresServer server({});
  return server;
}

std::string new_database(PostgresServer& server) { return server.uri(server.make_database()); }

void drop(PostgresServer& server, const std::string& uri) {
  testing::run_sql(server.uri("postgres"), "DROP DATABASE " + uri.substr(uri.rfind('/') + 1));
}

// ---- writing ----

// One way of making the tables.
struct Indexed {
  std::string suffix;
  std::string parameters;
  double target;
  std::vector<double> per_second = {}, bare_per_second = {}, ratios = {}, bytes = {};
};

void measure_writing(Indexed& indexed, std::uint64_t traces) {
  const auto spans = static_cast<double>(traces * spans_per_trace);
  PostgresServer& server = bench_server();
  const std::string uri = new_database(server);
  {
    PostgresqlStore store({.connection_string = uri + indexed.parameters});
    (void)store.query_traces({.limit = 1});  // makes the tables
  }
  // So that what earlier repetitions left to be written is not written now.
  testing::run_sql(uri, "CHECKPOINT");
  const double seconds = record_into(TelemetryConfig::create_postgresql(uri + indexed.parameters), traces);
  const BareRows rows = read_bare_rows(uri);
  if (rows.count != traces * spans_per_trace) {
    throw std::runtime_error(std::to_string(rows.count) + " spans are in the database instead of " +
                             std::to_string(traces * spans_per_trace));
  }
  indexed.bytes.push_back(std::stod(testing::value_of(uri, "SELECT pg_total_relation_size('spans_data')")) / spans);
  testing::run_sql(uri, "CHECKPOINT");
  const double bare_seconds = copy_bare(uri, rows);
  indexed.per_second.push_back(spans / seconds);
  indexed.bare_per_second.push_back(spans / bare_seconds);
  indexed.ratios.push_back(bare_seconds / seconds);
  drop(server, uri);
}

std::vector<Result> writing(const Options& options) {
  const std::uint64_t traces = options.quick ? 5'000 : 20'000;
  std::vector<Indexed> both{{"_without_gin", "?gin=off", 0.5}, {"_with_gin", "?gin=on", 0.22}};
  for (int repetition = 0; repetition < (options.quick ? 3 : 7); ++repetition) {
    for (Indexed& indexed : both) measure_writing(indexed, traces);
  }
  std::vector<Result> results;
  for (const Indexed& indexed : both) {
    Result throughput{
        .name = "postgres_spans_per_s" + indexed.suffix, .value = median(indexed.per_second), .unit = "1/s"};
    throughput.better = Result::Better::higher;
    throughput.note =
        "wall time; " + std::to_string(spans_per_trace) + " spans a trace; " + std::string(default_settings);
    Result ratio{.name = "postgres_vs_bare_copy" + indexed.suffix, .value = median(indexed.ratios), .unit = "ratio"};
    ratio.target = indexed.target;
    ratio.better = Result::Better::higher;
    ratio.note = "bare " + std::to_string(static_cast<std::uint64_t>(median(indexed.bare_per_second))) + " rows/s";
    Result bytes{.name = "postgres_bytes_per_span" + indexed.suffix, .value = median(indexed.bytes), .unit = "B"};
    bytes.note = "the table of spans with its indexes";
    results.insert(results.end(), {throughput, ratio, bytes});
  }
  return results;
}

// ---- what others feel ----

std::vector<Result> overhead(const Options& options) {
  PostgresServer& server = bench_server();
  const std::string uri = new_database(server);
  auto results = graph_overhead("graph_overhead_postgres", TelemetryConfig::create_postgresql(uri), 2.0, options);
  results.front().note += std::string("; ") + default_settings;
  drop(server, uri);
  return results;
}

// Nobody answers at its port until this ends.
class Suspended {
 public:
  explicit Suspended(const PostgresServer& server) : server_(server) { server_.suspend(server_.postmaster()); }
  ~Suspended() { server_.resume(server_.postmaster()); }
  Suspended(const Suspended&) = delete;
  Suspended& operator=(const Suspended&) = delete;

 private:
  const PostgresServer& server_;
};

std::vector<Result> caller_with_server_stopped(const Options& options) {
  PostgresServer& server = bench_server();
  PostgresServer hanging({});
  const std::string uri = new_database(server), hanging_uri = new_database(hanging);
  Result result{.name = "caller_p99_postgres_stopped", .unit = "ratio"};
  {
    const Suspended suspended(hanging);
    TelemetryManager healthy(TelemetryConfig::create_postgresql(uri));
    TelemetryManager down(TelemetryConfig::create_postgresql(hanging_uri));
    const Outage felt = measure_outage(healthy, down, options);
    (void)down.shutdown(100ms);
    result.value = felt.ratio;
    result.note = "stopped by SIGSTOP, so that connections hang; healthy: p99 " +
                  std::to_string(static_cast<std::uint64_t>(felt.healthy_p99_ns)) + " ns";
  }
  result.target = 1.1;
  drop(server, uri);
  return {result};
}

std::vector<Result> drain(const Options& options) {
  const TemporaryFolder folder;
  PostgresServer server({});
  TelemetryConfig config = TelemetryConfig::create_postgresql(new_database(server));
  config.reliable.spool_path = folder.file("spool.db");
  TelemetryManager manager(config);
  server.stop(PostgresServer::Stop::immediate);
  const std::uint64_t spans = options.quick ? spans_of_an_outage / 10 : spans_of_an_outage;
  record_into_spool(manager, spans);
  const std::uint64_t spooled_bytes = manager.stats().sinks.at(0).spool_bytes / spans;
  server.start();
  Result result{.name = "postgres_drain_s", .value = seconds_to_drain(manager), .unit = "s"};
  result.note =
      std::to_string(spans) +
      " spans, from the server's return to an empty spool; up to 5 s of it until a probe finds out; the spool had " +
      std::to_string(spooled_bytes) + " B a span; " + default_settings;
  return {result};
}

// ---- asking ----

std::vector<Result> queries(const Options& options) {
  const WorkloadOptions workload = workload_of(options);
  PostgresServer& server = bench_server();
  const std::string uri = new_database(server);
  std::vector<Result> results;
  {
    PostgresqlStore store({.connection_string = uri, .query_time_limit = 600s});
    const auto size = [&] { return std::stod(testing::value_of(uri, "SELECT pg_database_size(current_database())")); };
    (void)store.query_traces({.limit = 1});  // makes the tables
    const double empty = size();
    write_workload(store, workload);
    // What autovacuum does in its time.
    testing::run_sql(uri, "VACUUM ANALYZE");
    const double bytes = (size() - empty) / static_cast<double>(workload.spans);
    results = {query_result("postgres_query_trace", trace_ms(store, workload.traces), workload),
               query_result("postgres_query_latest10", latest_ms(store), workload),
               query_result("postgres_query_p95_by_name", p95_by_name_ms(store, workload.spans), workload),
               {.name = "postgres_query_database_bytes_per_span", .value = bytes, .unit = "B"}};
    for (Result& result : results) result.note += std::string("; GIN; after VACUUM ANALYZE; ") + default_settings;
    results.back().note = "the whole database, with traces, events, metrics and GIN, for each of " +
                          std::to_string(workload.spans) + " spans";
  }
  drop(server, uri);
  return results;
}

// Without the server's programs a row says so.
Row row_of(std::vector<std::string> names, std::function<std::vector<Result>(const Options&)> run) {
  const auto run_or_say = [names, run = std::move(run)](const Options& options) {
    if (PostgresServer::is_installed()) return run(options);
    std::vector<Result> results;
    for (const std::string& name : names) {
      results.push_back({.name = name, .no_verdict = "PostgreSQL's server is not installed"});
    }
    return results;
  };
  return {names, run_or_say};
}

}  // namespace

void add_postgresql_rows(std::vector<Row>& rows) {
  rows.push_back(row_of({"postgres_spans_per_s", "postgres_vs_bare_copy", "postgres_bytes_per_span"}, writing));
  rows.push_back(row_of({"graph_overhead_postgres"}, overhead));
  rows.push_back(row_of({"caller_p99_postgres_stopped"}, caller_with_server_stopped));
  rows.push_back(row_of({"postgres_drain_s"}, drain));
  rows.push_back(row_of({"postgres_query_trace", "postgres_query_latest10", "postgres_query_p95_by_name"}, queries));
}

}  // namespace spark::bench
