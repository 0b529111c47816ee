// What is said of a tool beside its function.
#pragma once

#include <string>
#include <utility>

#include "spark/base/clock.h"

namespace spark {

class ToolParameter {
 public:
  ToolParameter(std::string its_name, std::string its_description)
      : name(std::move(its_name)), description(std::move(its_description)) {}

  std::string name;
  std::string description;  // for the model; may be empty
};

struct ToolOptions {
  // Whether a call changes anything outside of it. Tools that only read say false: such calls may be made again, as
  // when a recorded run is done once more.
  bool has_effects = true;
  // The function blocks (a file, a database): it is called on the threads of run_blocking. Not for one that gives a
  // Task.
  bool is_blocking = false;
  // Of one call, which then fails; 0: none, else 1 µs to 365 days. What blocks cannot be interrupted: it is waited for.
  Seconds timeout{0};
};

}  // namespace spark
