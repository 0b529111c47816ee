// Somebody for a branch to tell its end who does not care how it ended.
#pragma once

#include <exception>

#include "async/executor_state.h"

namespace spark::test {

class Ignored final : public detail::BranchEnd {
 public:
  void on_end(State, std::exception_ptr) noexcept override {}
};

}  // namespace spark::test
