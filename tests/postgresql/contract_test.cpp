// PostgreSQL runs every case of the stores' contract, with the same expectations as all others (store_contract.h).
#include <gtest/gtest.h>

#include <memory>

#include "backends/store_contract.h"
#include "postgresql/server.h"
#include "spark/backends/postgresql.h"

namespace spark::testing {
namespace {

struct Layout {
  const char* name;
  PostgresqlOptions options;
};

const Layout layouts[] = {
    {"postgresql_plain", {.partitioning = Partitioning::none}},
    {"postgresql_native_without_gin", {.partitioning = Partitioning::native, .gin = false}},
};

// One database for all cases of a layout, which one case leaves empty for the next: making one takes longer than most
// cases.
const std::string& database_of(const Layout& layout) {
  static std::map<std::string, std::string> uris;
  PostgresServer& server = PostgresServer::instance();
  std::string& uri = uris[layout.name];
  if (uri.empty()) {
    uri = server.uri(server.make_database());
    return uri;
  }
  const std::string tables =
      "traces_data, implied_traces, spans_data, events_data, metrics_data, graphs_data, documents";
  // Truncating writes new files, which is slow for a few rows; rows that were deleted stay until somebody vacuums.
  const bool is_small = value_of(uri,
                                 "SELECT sum(pg_relation_size(oid)) < 1000000 FROM pg_class WHERE relname LIKE "
                                 "'%\\_data%' OR relname LIKE '%\\_pkey'") == "t";
  if (!is_small) {
    run_sql(uri, "TRUNCATE " + tables);
    return uri;
  }
  std::string sql;
  std::istringstream names(tables);
  for (std::string name; std::getline(names >> std::ws, name, ',');) sql += "DELETE FROM " + name + ";";
  run_sql(uri, sql);
  return uri;
}

class StoreContract : public ::testing::TestWithParam<std::tuple<Layout, ContractCase>> {};

TEST_P(StoreContract, holds) {
  const auto& [layout, contract_case] = GetParam();
  ASSERT_TRUE(PostgresServer::is_installed()) << "install Debian's package postgresql";
  PostgresqlOptions options = layout.options;
  options.connection_string = database_of(layout);
  PostgresqlStore store(options);
  Checks checks;
  contract_case.run(store, checks);
  for (const std::string& failure : checks.failures()) ADD_FAILURE() << failure;
}

INSTANTIATE_TEST_SUITE_P(, StoreContract,
                         ::testing::Combine(::testing::ValuesIn(layouts), ::testing::ValuesIn(contract_cases())),
                         [](const auto& parameters) {
                           return std::string(std::get<0>(parameters.param).name) + "_" +
                                  std::get<1>(parameters.param).name;
                         });

}  // namespace
}  // namespace spark::testing
