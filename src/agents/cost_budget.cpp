#include "spark/agents/cost_budget.h"

#include <utility>

#include "spark/base/error.h"

namespace spark {

CostBudget::CostBudget(CostBudgetOptions options) : options_(std::move(options)) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorCode::invalid_argument, "CostBudgetOptions::" + what);
  };
  if (options_.limit <= Dollars()) refuse("limit is " + options_.limit.to_string() + ", must be more than 0");
  double last = 0;
  for (const double share : options_.shares) {
    if (!(share > last) || share > 1) refuse("shares must rise, from more than 0 to at most 1");
    last = share;
  }
  state_.limit = options_.limit;
}

void CostBudget::check() const {
  if (!options_.stops_calls) return;
  const std::lock_guard lock(mutex_);
  if (state_.spent < state_.limit) return;
  throw Error(ErrorCode::budget_exceeded,
              "$" + state_.spent.to_string() + " of a budget of $" + state_.limit.to_string() + " are spent");
}

void CostBudget::add(Dollars dollars) {
  std::vector<CostBudgetState> reached;
  {
    const std::lock_guard lock(mutex_);
    state_.spent += dollars;
    ++state_.calls;
    const double share = state_.spent.as_double() / state_.limit.as_double();
    for (; next_share_ < options_.shares.size() && share >= options_.shares[next_share_]; ++next_share_) {
      state_.share = options_.shares[next_share_];
      reached.push_back(state_);
    }
  }
  if (!options_.on_spent) return;
  // Outside of the lock: it may ask for the state.
  for (const CostBudgetState& state : reached) {
    try {
      options_.on_spent(state);
    } catch (...) {  // The call that has been paid for must not fail for it.
    }
  }
}

void CostBudget::add_unpriced() {
  const std::lock_guard lock(mutex_);
  ++state_.unpriced;
}

CostBudgetState CostBudget::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace spark
