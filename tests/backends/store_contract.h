// The contract of a Store: one list of cases, each a function that runs on an empty store and notes what is
// not as expected. The cases are no GoogleTest assertions, so that a meta-test can run them on a store with a
// known fault and see that one of them notices. Every Store of the library runs all of them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/error.h"
#include "spark/telemetry/sink.h"

namespace spark::testing {

// What a case found wrong.
class Checks {
 public:
  void equal(std::string_view what, const std::string& actual, const std::string& expected);
  // The action throws an Error with this code.
  template <class Action>
  void throws(std::string_view what, ErrorCode code, const Action& action) {
    std::string actual = "no exception";
    try {
      action();
    } catch (const Error& error) {
      actual = to_string(error.code());
    }
    equal(what, actual, std::string(to_string(code)));
  }

  [[nodiscard]] const std::vector<std::string>& failures() const noexcept { return failures_; }

 private:
  std::vector<std::string> failures_;
};

struct ContractCase {
  std::string name;  // letters, digits and underscores
  std::function<void(Store& store, Checks& checks)> run;
};

// All of them.
[[nodiscard]] std::vector<ContractCase> contract_cases();
// Its parts, a file each.
[[nodiscard]] std::vector<ContractCase> query_cases();
[[nodiscard]] std::vector<ContractCase> attribute_cases();
[[nodiscard]] std::vector<ContractCase> glob_cases();
[[nodiscard]] std::vector<ContractCase> range_cases();
[[nodiscard]] std::vector<ContractCase> paging_cases();
[[nodiscard]] std::vector<ContractCase> limit_cases();
[[nodiscard]] std::vector<ContractCase> each_span_cases();
[[nodiscard]] std::vector<ContractCase> aggregate_cases();
[[nodiscard]] std::vector<ContractCase> aggregate_value_cases();  // the last part of aggregate_cases
[[nodiscard]] std::vector<ContractCase> merge_cases();
[[nodiscard]] std::vector<ContractCase> content_cases();
[[nodiscard]] std::vector<ContractCase> document_cases();

}  // namespace spark::testing
