// What all benchmarks share: the table of rows, how results are judged, printed and written as JSON.
//
// A row is measured in one process, one after the other, on the main thread. Missing a target is a result,
// not a failure: times depend on the machine. Failing is when the program under test did something wrong,
// such as losing a record.
#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace spark::bench {

struct Options {
  std::string json_path = {};  // empty: no file
  std::string filter = {};     // a regular expression, searched in the rows' names; empty: all
  bool quick = false;          // shorter runs, for a look
};

struct Result {
  enum class Better { lower, higher };

  std::string name = {};
  double value = 0;
  std::string unit = {};
  std::optional<double> x_base = {};  // the ratio to base(), of figures for which that is the measure
  std::optional<double> target = {};  // of x_base if there is one, else of value; empty: only reported
  Better better = Better::lower;
  std::string no_verdict = {};  // why the figure does not count; empty: it does
  std::string note = {};

  // Empty: nothing to reach, or no verdict.
  [[nodiscard]] std::optional<bool> ok() const noexcept;
};

// One or more results that are measured together.
struct Row {
  std::vector<std::string> names = {};  // of its results, for the filter; results may have further ones
  // Throws std::exception for anything that is wrong with what it measured.
  std::function<std::vector<Result>(const Options&)> run = {};
};

// Each file of rows adds its own.
void add_span_rows(std::vector<Row>& rows);
void add_instrument_rows(std::vector<Row>& rows);
void add_sustained_row(std::vector<Row>& rows);
void add_sqlite_rows(std::vector<Row>& rows);
void add_otlp_rows(std::vector<Row>& rows);
void add_otlp_send_rows(std::vector<Row>& rows);
void add_receive_rows(std::vector<Row>& rows);
void add_retention_rows(std::vector<Row>& rows);
void add_query_rows(std::vector<Row>& rows);
void add_postgresql_rows(std::vector<Row>& rows);
void add_command_line_rows(std::vector<Row>& rows);
void add_async_rows(std::vector<Row>& rows);
void add_graph_rows(std::vector<Row>& rows);
void add_rpc_rows(std::vector<Row>& rows);
void add_agent_rows(std::vector<Row>& rows);
void add_overhead_rows(std::vector<Row>& rows);

// Prints machine and table to `out` as it goes. False if a row failed. Throws std::exception if there is
// nothing to run or the JSON file cannot be written.
[[nodiscard]] bool run(const std::vector<Row>& rows, const Options& options, std::ostream& out);

// As many lines as there are facts worth knowing when figures are compared: processor, kernel, compiler,
// flags, clock.
void print_machine(std::ostream& out);
// Whether records are timed by the processor's time stamp counter.
[[nodiscard]] bool has_counter_clock();

}  // namespace spark::bench
