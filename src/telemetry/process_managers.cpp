#include "process_managers.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core.h"
#include "fork.h"
#include "spark/base/error.h"
#include "spark/telemetry/manager.h"

namespace spark {
namespace {

constexpr Seconds exit_deadline{2};

detail::ProcessManagers& process() { return detail::process_managers(); }

// One that hangs must not take the others' time.
template <class Function>
void for_each_at_once(const std::vector<detail::Core*>& cores, Function function) {
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < cores.size(); ++i) {
    try {
      threads.emplace_back([core = cores[i], &function] { function(*core); });
    } catch (const std::system_error&) {
      function(*cores[i]);
    }
  }
  if (!cores.empty()) function(*cores.front());
  for (std::thread& thread : threads) thread.join();
}

void flush_at_exit() {
  const Deadline deadline = Deadline::clock::now() + std::chrono::duration_cast<Deadline::duration>(exit_deadline);
  std::vector<detail::Core*> cores;
  {
    detail::ForkLocks lock;  // another thread may hold it for long: while it opens a backend
    if (!detail::lock_until(lock, process().mutex, deadline)) return;
    cores = process().by_config;
  }
  for_each_at_once(cores, [deadline](detail::Core& core) { core.end_with_process(deadline); });
}

// With the mutex held.
detail::Core& make_core(const TelemetryConfig& config) {
  auto core = std::make_unique<detail::Core>(config, ManagerSources{});
  process().by_config.reserve(process().by_config.size() + 1);
  [[maybe_unused]] static const int at_exit = std::atexit(flush_at_exit);
  [[maybe_unused]] static const int at_quick_exit = std::at_quick_exit(flush_at_exit);
  process().by_config.push_back(core.get());
  return *core.release();
}

detail::Core& make_default(const TelemetryConfig& config) {
  detail::Core& core = make_core(config);
  process().default_core.store(&core, std::memory_order_release);
  process().default_is_provisional = false;
  return core;
}

// With the mutex held. Null: there is none, or only one that code may replace.
detail::Core* firm_default() {
  return process().default_is_provisional ? nullptr : process().default_core.load(std::memory_order_acquire);
}

// With the mutex held. The core that already has this configuration, or null.
detail::Core* core_with(const TelemetryConfig& config) {
  for (detail::Core* core : process().by_config) {
    if (core->config() == config) return core;
  }
  return nullptr;
}

// The core of this configuration as the default. With the mutex held.
detail::Core& make_or_take_default(const TelemetryConfig& config) {
  detail::Core* const existing = core_with(config);
  if (existing == nullptr) return make_default(config);
  process().default_core.store(existing, std::memory_order_release);
  process().default_is_provisional = false;
  return *existing;
}

}  // namespace

namespace detail {

ProcessManagers& process_managers() {
  static auto* const managers = new ProcessManagers;
  return *managers;
}

void keep_for_ever(Core& core) noexcept {
  core.previous_core = process_managers().last.load(std::memory_order_relaxed);
  while (!process_managers().last.compare_exchange_weak(core.previous_core, &core, std::memory_order_release)) {
  }
}

}  // namespace detail

TelemetryManager* TelemetryManager::current_or_configured() noexcept {
  if (TelemetryManager* const current = TelemetryContext::current().manager()) return current;
  detail::Core* const core = process().default_core.load(std::memory_order_acquire);
  if (core != nullptr) return &core->face();
  // Whoever sets the variable means every program, also one whose graphs have no configuration.
  const char* const variable = std::getenv("SPARK_TELEMETRY");
  if (variable == nullptr || variable[0] == '\0' || process().is_unusable.load(std::memory_order_acquire))
    return nullptr;
  const std::lock_guard lock(process().mutex);
  if (detail::Core* const made = process().default_core.load(std::memory_order_acquire)) return &made->face();
  try {
    TelemetryManager& manager = make_default(TelemetryConfig::from_environment()).face();
    process().default_is_provisional = true;
    return &manager;
  } catch (const std::exception& error) {
    // Said once and not tried again: the program asked for nothing, and must neither fail nor wait for it.
    if (!process().is_unusable.exchange(true)) std::fprintf(stderr, "spark telemetry is off: %s\n", error.what());
    return nullptr;
  }
}

TelemetryManager& TelemetryManager::get_instance() {
  if (TelemetryManager* const current = TelemetryContext::current().manager()) return *current;
  // Whoever has asked for the default may rely on it from now on.
  process().default_is_provisional.store(false, std::memory_order_relaxed);
  if (detail::Core* const core = process().default_core.load(std::memory_order_acquire)) return core->face();
  const std::lock_guard lock(process().mutex);
  detail::Core* core = process().default_core.load(std::memory_order_acquire);
  if (core == nullptr) core = &make_default(TelemetryConfig::from_environment());
  return core->face();
}

TelemetryManager& TelemetryManager::configure(const TelemetryConfig& config) {
  const std::lock_guard lock(process().mutex);
  detail::Core* const core = firm_default();
  if (core == nullptr) return make_or_take_default(config).face();
  if (core->config() == config) return core->face();
  throw Error(ErrorCode::conflict,
              "TelemetryManager::configure: the process default is already configured (backend " +
                  std::string(to_string(core->config().backend)) +
                  "); configure it before the first graph and the first get_instance(), or call reset_instance()");
}

TelemetryManager& TelemetryManager::for_config(const TelemetryConfig& config) {
  const std::lock_guard lock(process().mutex);
  if (firm_default() == nullptr) return make_or_take_default(config).face();
  if (detail::Core* const core = core_with(config)) return core->face();
  return make_core(config).face();
}

void TelemetryManager::reset_instance() {
  std::vector<detail::Core*> cores;
  {
    const std::lock_guard lock(process().mutex);
    process().default_core.store(nullptr, std::memory_order_release);
    process().is_unusable.store(false, std::memory_order_release);
    cores = std::exchange(process().by_config, {});
  }
  for_each_at_once(cores, [](detail::Core& core) { core.face().shutdown(exit_deadline); });
}

}  // namespace spark
