// Every Store runs every case of the contract on a store of its own.
#include "backends/store_contract.h"

#include <gtest/gtest.h>

#include <memory>
#include <tuple>

#include "backends/temporary_directory.h"
#include "spark/backends/memory.h"
#include "spark/backends/sqlite.h"

namespace spark::testing {
namespace {

struct StoreUnderTest {
  const char* name;
  std::unique_ptr<Store> (*make)(const TemporaryDirectory&);
};

const StoreUnderTest stores[] = {
    {"memory", [](const TemporaryDirectory&) -> std::unique_ptr<Store> { return std::make_unique<MemoryStore>(); }},
    {"sqlite",
     [](const TemporaryDirectory& directory) -> std::unique_ptr<Store> {
       return std::make_unique<SqliteStore>(SqliteOptions{.path = directory.file("contract.db")});
     }},
    {"sqlite_power",
     [](const TemporaryDirectory& directory) -> std::unique_ptr<Store> {
       return std::make_unique<SqliteStore>(
           SqliteOptions{.path = directory.file("contract.db"), .durability = Durability::power});
     }},
};

class StoreContract : public ::testing::TestWithParam<std::tuple<StoreUnderTest, ContractCase>> {};

TEST_P(StoreContract, holds) {
  const auto& [under_test, contract_case] = GetParam();
  const TemporaryDirectory directory;
  const auto store = under_test.make(directory);
  Checks checks;
  contract_case.run(*store, checks);
  for (const std::string& failure : checks.failures()) ADD_FAILURE() << failure;
}

INSTANTIATE_TEST_SUITE_P(, StoreContract,
                         ::testing::Combine(::testing::ValuesIn(stores), ::testing::ValuesIn(contract_cases())),
                         [](const auto& parameters) {
                           return std::string(std::get<0>(parameters.param).name) + "_" +
                                  std::get<1>(parameters.param).name;
                         });

}  // namespace
}  // namespace spark::testing
