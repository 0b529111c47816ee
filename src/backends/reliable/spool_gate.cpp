#include "backends/reliable/spool_gate.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <set>
#include <shared_mutex>
#include <thread>

#include "spark/base/error.h"
#include "spark/telemetry/detail/fork.h"

namespace spark::detail::reliable {
namespace {

struct State {
  std::shared_mutex gate;  // shared: inside
  std::mutex mutex;        // of the guests; taken inside only, so that it is free at a fork
  std::set<SpoolGuest*> guests;
  bool is_parked = false;  // at the fork under way
};
State& state() {
  static auto* const made = new State;
  return *made;
}
constinit std::atomic<bool> is_unusable{false};

bool prepare(std::chrono::steady_clock::time_point deadline) noexcept {
  State& spools = state();
  while (!(spools.is_parked = spools.gate.try_lock()) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  if (spools.is_parked) {
    for (SpoolGuest* guest : spools.guests) guest->before_fork();
  }
  return spools.is_parked;
}

void in_parent() noexcept {
  if (state().is_parked) state().gate.unlock();
}

void in_child() noexcept {
  State& spools = state();
  if (!spools.is_parked) {
    is_unusable = true;
    return;
  }
  for (SpoolGuest* guest : spools.guests) guest->in_child();
  spools.guests.clear();
  // Not unlocked: glibc knows the writer by its thread id, and the child's is another.
  new (&spools.gate) std::shared_mutex;
}

void take_part_in_forks() {
  [[maybe_unused]] static const bool registered = [] {
    (void)state();
    add_fork_participant({prepare, in_parent, in_child});
    return true;
  }();
}

}  // namespace

SpoolGate::Pass::Pass() {
  take_part_in_forks();
  if (is_unusable) {
    throw Error(ErrorCode::unavailable,
                "a spool cannot be used in this forked child: the process was forked while one was at work");
  }
  state().gate.lock_shared();
}

SpoolGate::Pass::~Pass() { state().gate.unlock_shared(); }

void SpoolGate::add(SpoolGuest& guest) {
  const std::lock_guard lock(state().mutex);
  state().guests.insert(&guest);
}

void SpoolGate::remove(SpoolGuest& guest) noexcept {
  const std::lock_guard lock(state().mutex);
  state().guests.erase(&guest);
}

}  // namespace spark::detail::reliable
