// The one word of a manager's core that inlined calls look at. Private to telemetry/.
#pragma once

#include <atomic>
#include <cstdint>

namespace spark::detail {

class Core;

enum CoreState : std::uint32_t {
  core_off,  // records nothing and counts nothing: backend noop
  core_recording,
  core_shut_down,  // counts what it is given as dropped
  core_dormant,    // of a forked child: records as soon as it is given something
};

struct CoreFlags {
  std::atomic<std::uint32_t> state{core_off};
  // In a forked child: the core that took this one's place. Written before the child has a second thread.
  Core* successor = nullptr;

  [[nodiscard]] bool is_off() const noexcept { return state.load(std::memory_order_relaxed) == core_off; }
};

}  // namespace spark::detail
