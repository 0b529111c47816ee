#include "backends/store_contract.h"

namespace spark::testing {

void Checks::equal(std::string_view what, const std::string& actual, const std::string& expected) {
  if (actual == expected) return;
  failures_.push_back(std::string(what) + "\n  is       " + actual + "\n  expected " + expected);
}

std::vector<ContractCase> contract_cases() {
  std::vector<ContractCase> all;
  for (const auto& part : {query_cases(), attribute_cases(), glob_cases(), range_cases(), paging_cases(), limit_cases(),
                           each_span_cases(), merge_cases(), content_cases(), document_cases(), aggregate_cases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace spark::testing
