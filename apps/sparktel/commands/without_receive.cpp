// sparktel receive where the library was built without its receiver.
#include <CLI/CLI.hpp>

#include "apps/sparktel/commands/command.h"
#include "spark/base/error.h"

namespace spark::sparktel {

void add_receive_command(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("receive", "Store what OpenTelemetry programs send (not built in here)");
  command->allow_extras();
  command->callback([&action] {
    action = []() -> int {
      throw Error(
          ErrorCode::component_missing,
          "this sparktel was built without its receiver: install libprotozero-dev and libssl-dev, and build again");
    };
  });
}

}  // namespace spark::sparktel
