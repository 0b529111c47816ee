// spark_bench measures the rows of the design's table of figures. Exit code 0: measured, whether targets were
// reached or not; 1: something under test did wrong; 2: wrong arguments.
#include <exception>
#include <iostream>
#include <regex>
#include <stdexcept>
#include <string_view>

#include "collector.h"
#include "harness.h"

namespace {

constexpr std::string_view usage =
    "usage: spark_bench [--json PATH] [--filter REGEX] [--quick]\n"
    "  --json PATH     also write the results to this file\n"
    "  --filter REGEX  only the rows whose name contains a match\n"
    "  --quick         shorter runs: for a look, not for the record\n";

spark::bench::Options parse(int argc, char** argv) {
  spark::bench::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto value = [&] {
      if (++i == argc) throw std::invalid_argument(std::string(argument) + " needs a value");
      return std::string(argv[i]);
    };
    if (argument == "--json") {
      options.json_path = value();
    } else if (argument == "--filter") {
      options.filter = value();
    } else if (argument == "--quick") {
      options.quick = true;
    } else {
      throw std::invalid_argument("unknown argument " + std::string(argument));
    }
  }
  return options;
}

std::vector<spark::bench::Row> all_rows() {
  std::vector<spark::bench::Row> rows;
  spark::bench::add_span_rows(rows);
  spark::bench::add_instrument_rows(rows);
  spark::bench::add_sustained_row(rows);
  spark::bench::add_sqlite_rows(rows);
  spark::bench::add_otlp_rows(rows);
  spark::bench::add_otlp_send_rows(rows);
  spark::bench::add_receive_rows(rows);
  spark::bench::add_retention_rows(rows);
  spark::bench::add_query_rows(rows);
#ifdef SPARK_BENCH_POSTGRESQL
  spark::bench::add_postgresql_rows(rows);
#endif
  spark::bench::add_command_line_rows(rows);
  spark::bench::add_async_rows(rows);
  spark::bench::add_graph_rows(rows);
  spark::bench::add_rpc_rows(rows);
  spark::bench::add_agent_rows(rows);
  spark::bench::add_overhead_rows(rows);
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::cout << usage;
    return 0;
  }
  if (argc == 2 && std::string_view(argv[1]) == spark::bench::Collector::http_argument) {
    return spark::bench::Collector::serve_http();
  }
  try {
    return spark::bench::run(all_rows(), parse(argc, argv), std::cout) ? 0 : 1;
  } catch (const std::invalid_argument& error) {
    std::cerr << "spark_bench: " << error.what() << '\n' << usage;
    return 2;
  } catch (const std::regex_error& error) {
    std::cerr << "spark_bench: --filter is not a regular expression: " << error.what() << '\n' << usage;
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "spark_bench: " << error.what() << '\n';
    return 1;
  }
}
