// The process' managers: the default that get_instance() gives, those of configurations, and the cores of all, which
// are never destroyed.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

namespace spark::detail {

class Core;

struct ProcessManagers {
  std::mutex mutex;
  std::atomic<Core*> default_core{nullptr};
  // The default was made from SPARK_TELEMETRY for a graph without a configuration: code may still replace it.
  std::atomic<bool> default_is_provisional{false};
  std::atomic<bool> is_unusable{false};  // what SPARK_TELEMETRY says, until the instance is reset
  std::vector<Core*> by_config;          // the default among them
  // Of all cores, each linked to the one before: reachable for ever, so that leak checkers know. Without a lock,
  // because a forked child must find them whoever held one.
  std::atomic<Core*> last{nullptr};
};

// Never destroyed: static destructors may still record.
[[nodiscard]] ProcessManagers& process_managers();

// Makes a core reachable for the rest of the process.
void keep_for_ever(Core& core) noexcept;

}  // namespace spark::detail
