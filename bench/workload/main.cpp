// Makes a SQLite file of the workload that queries and the command line are measured on:
//
//   spark_workload FILE [TRACES SPANS [SEED]]
#include <cstdio>
#include <exception>
#include <string>

#include "spark/backends/sqlite.h"
#include "workload.h"

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4 && argc != 5) {
    std::fprintf(stderr,
                 "usage: spark_workload FILE [TRACES SPANS [SEED]]; 50000 traces with 1000000 spans by default\n");
    return 2;
  }
  try {
    spark::bench::WorkloadOptions options;
    if (argc > 2) {
      options.traces = std::stoull(argv[2]);
      options.spans = std::stoull(argv[3]);
    }
    if (argc > 4) options.seed = std::stoull(argv[4]);
    if (options.traces < 1 || options.spans < options.traces) {
      std::fprintf(stderr, "spark_workload: there are one trace or more, and as many spans or more\n");
      return 2;
    }
    spark::SqliteStore store({.path = argv[1]});
    write_workload(store, options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spark_workload: %s\n", error.what());
    return 1;
  }
  return 0;
}
