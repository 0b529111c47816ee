// How long one waits for sparktel on a SQLite file that holds the workload (workload.h), as its user does: from
// starting the program until it has ended. Wall time, the median of several runs; and the most memory that any of them
// had.
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness.h"
#include "spark/backends/sqlite.h"
#include "statistics.h"
#include "temporary_folder.h"
#include "workload.h"

#ifdef SPARK_SPARKTEL

namespace spark::bench {
namespace {

struct Run {
  double seconds = 0;
  double resident_mb = 0;
};

// Its output goes nowhere. Throws std::runtime_error unless it ends with 0.
Run run_program(const std::vector<std::string>& arguments) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  // What this process has when it forks counts as the child's most.
  malloc_trim(0);
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) throw std::runtime_error("cannot wait for " + arguments[0]);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error("sparktel " + arguments[1] + " ended with " + std::to_string(status));
  }
  return {taken.count(), static_cast<double>(usage.ru_maxrss) / 1024};  // of kilobytes
}

std::vector<Result> commands(const Options& options) {
  const WorkloadOptions workload =
      options.quick ? WorkloadOptions{.traces = 5'000, .spans = 100'000} : WorkloadOptions{};
  const TemporaryFolder folder;
  const std::string file = folder.file("telemetry.db");
  {
    SqliteStore store({.path = file});
    write_workload(store, workload);
  }
  std::vector<Result> results;
  const auto add = [&](const char* name, double target, const char* command) {
    constexpr int repetitions = 5;
    std::vector<double> seconds;
    double resident_mb = 0;
    for (int i = 0; i < repetitions; ++i) {
      const Run run = run_program({SPARK_SPARKTEL, command, "--db", file});
      seconds.push_back(run.seconds);
      resident_mb = std::max(resident_mb, run.resident_mb);
    }
    results.push_back({.name = name,
                       .value = median(std::move(seconds)),
                       .unit = "s",
                       .target = target,
                       .note = std::to_string(workload.spans) + " spans, wall time"});
    results.push_back({.name = std::string(name) + "_resident", .value = resident_mb, .unit = "MB", .target = 200});
  };
  add("cli_traces", 1, "traces");
  add("cli_show", 1, "show");
  add("cli_bottlenecks", 1, "bottlenecks");
  add("cli_stats", 3, "stats");
  return results;
}

}  // namespace

void add_command_line_rows(std::vector<Row>& rows) {
  rows.push_back({{"cli_traces", "cli_show", "cli_bottlenecks", "cli_stats"}, commands});
}

}  // namespace spark::bench

#else  // the program is not built

namespace spark::bench {

void add_command_line_rows(std::vector<Row>&) {}

}  // namespace spark::bench

#endif
