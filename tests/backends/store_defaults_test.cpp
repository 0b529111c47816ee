// A store that has no each_span and no aggregates of its own gets them made of pages, which keep the contract too.
#include <gtest/gtest.h>

#include "backends/store_contract.h"
#include "backends/store_of_pages.h"

namespace spark::testing {
namespace {

void expect_to_hold(const std::vector<ContractCase>& cases) {
  for (const ContractCase& contract_case : cases) {
    StoreOfPages store;
    Checks checks;
    contract_case.run(store, checks);
    for (const std::string& failure : checks.failures()) ADD_FAILURE() << contract_case.name << ": " << failure;
  }
}

TEST(StoreDefaults, each_span_keeps_the_contract) { expect_to_hold(each_span_cases()); }

TEST(StoreDefaults, aggregates_keep_the_contract) { expect_to_hold(aggregate_cases()); }

}  // namespace
}  // namespace spark::testing
