// CostBudget is what some models may spend together: shared by those that are given it, for as long as it lives.
//
//   auto budget = std::make_shared<spark::CostBudget>(spark::CostBudgetOptions{
//       .limit = spark::Dollars::parse("5"), .on_spent = [](const spark::CostBudgetState& state) { … }});
//   spark::OpenAIModel model({.model_id = "gpt-4o", .options = {.budget = budget}});
//
// A call begins only while less than the limit is spent, so what is spent may be more than it by the calls that were
// under way. Calls without a price, and those that failed after they were begun, count in `unpriced` and spend nothing.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "spark/agents/dollars.h"

namespace spark {

struct CostBudgetState {
  Dollars limit = {};
  Dollars spent = {};
  double share = 0;            // that was reached: one of CostBudgetOptions::shares
  std::uint64_t calls = 0;     // with a price
  std::uint64_t unpriced = 0;  // calls without one
};

struct CostBudgetOptions {
  Dollars limit = {};                       // more than 0
  std::vector<double> shares = {0.8, 1.0};  // of the limit; on_spent is told once when each is reached. 0 to 1, rising
  // From the thread that ended the call; must not block. What it throws is ignored.
  std::function<void(const CostBudgetState&)> on_spent = {};
  bool stops_calls = true;  // false: calls go on beyond the limit, and it only tells
};

class CostBudget {
 public:
  // Throws Error(invalid_argument) naming the option.
  explicit CostBudget(CostBudgetOptions options);
  CostBudget(const CostBudget&) = delete;
  CostBudget& operator=(const CostBudget&) = delete;

  // Throws Error(budget_exceeded), saying how much of what is spent, if no further call may begin.
  void check() const;
  void add(Dollars dollars);
  void add_unpriced();
  // `share`: the last that was reached, 0 if none.
  [[nodiscard]] CostBudgetState state() const;

 private:
  const CostBudgetOptions options_;
  mutable std::mutex mutex_;
  CostBudgetState state_;
  std::size_t next_share_ = 0;
};

}  // namespace spark
