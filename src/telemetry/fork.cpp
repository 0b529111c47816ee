#include "fork.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "core.h"
#include "instrument_registry.h"
#include "process_managers.h"
#include "spark/telemetry/detail/ended_spans.h"
#include "spark/telemetry/detail/fork.h"
#include "thread_state.h"

namespace spark::detail {
namespace {

using namespace std::chrono_literals;

// A sink that is at work for longer than this when the process forks costs the child its telemetry.
constexpr std::chrono::seconds patience{1};

constexpr std::size_t max_participants = 8;
std::array<ForkParticipant, max_participants> participants;
constinit std::atomic<std::size_t> participant_count{0};

// The forking thread's, from prepare() to what follows it: forks of several threads at once come one after the other.
struct Fork {
  std::mutex mutex;
  ForkLocks locks;
  bool is_parked = false;
  std::size_t participants = 0;  // those that prepared
};
Fork& current_fork() {
  static auto* const fork = new Fork;
  return *fork;
}

template <class Visit>
void each_core(const Visit& visit) {
  for (Core* core = process_managers().last.load(std::memory_order_acquire); core != nullptr;
       core = core->previous_core) {
    visit(*core);
  }
}

bool park_telemetry(ForkLocks& locks, Deadline deadline) {
  // A sink or a redactor that forks is at work, and cannot wait for itself.
  if (thread_state.is_telemetry_thread || !lock_until(locks, process_managers().mutex, deadline)) return false;
  bool are_parked = true;
  each_core([&](Core& core) { are_parked = are_parked && core.park(deadline); });
  return are_parked && InstrumentRegistry::instance().park(locks, deadline) && park_ended_spans(locks, deadline);
}

bool park_all(Fork& fork) {
  const Deadline deadline = Deadline::clock::now() + patience;
  bool are_parked = park_telemetry(fork.locks, deadline);
  // Last: a sink at work is in its backend too. Each of them, since each is told of what follows.
  fork.participants = participant_count.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < fork.participants; ++i) {
    are_parked = participants[i].prepare(are_parked ? deadline : Deadline::clock::now()) && are_parked;
  }
  return are_parked;
}

void unpark_all() noexcept {
  current_fork().locks.clear();
  each_core([](Core& core) { core.unpark(); });
}

void prepare() noexcept {
  Fork& fork = current_fork();
  fork.mutex.lock();
  fork.participants = 0;
  try {
    fork.is_parked = park_all(fork);
  } catch (const std::bad_alloc&) {
    fork.is_parked = false;
  }
}

void in_parent() noexcept {
  for (std::size_t i = 0; i < current_fork().participants; ++i) participants[i].in_parent();
  unpark_all();
  current_fork().mutex.unlock();
}

// Those of the parent's locks that were taken before the fork are this thread's to give back. Of the others, each may
// be held by somebody who is not here: the cores do without theirs, and what all cores share begins anew.
void abandon_all_locks() noexcept {
  unpark_all();
  ProcessManagers& managers = process_managers();
  new (&managers.mutex) std::mutex;
  new (&managers.by_config) std::vector<Core*>;  // somebody may have been changing it
  InstrumentRegistry::instance().abandon_lock();
  abandon_ended_spans();
}

void in_child() noexcept {
  Fork& fork = current_fork();
  for (std::size_t i = 0; i < fork.participants; ++i) participants[i].in_child();
  thread_state.is_telemetry_thread = false;  // a sink's thread that forked is the child's main thread
  forget_rings_of_this_thread();
  bool is_off = false;
  // The successors are put before the first of these, and so are not met here.
  each_core([&](Core& core) {
    const bool had_one = core.successor != nullptr;
    core.make_successor(fork.is_parked);
    is_off = is_off || (!fork.is_parked && !had_one && core.successor != nullptr);
  });
  ProcessManagers& managers = process_managers();
  Core* const default_core = managers.default_core.load(std::memory_order_relaxed);
  if (default_core != nullptr) managers.default_core.store(&default_core->latest(), std::memory_order_release);
  if (fork.is_parked) {
    for (Core*& core : managers.by_config) core = &core->latest();
    unpark_all();
  } else {
    abandon_all_locks();
  }
  if (is_off) {
    std::fprintf(stderr,
                 "spark telemetry is off in the forked child %d: telemetry was at work for more than 1 s when it was "
                 "forked\n",
                 getpid());
  }
  fork.mutex.unlock();
}

}  // namespace

bool lock_until(ForkLocks& locks, std::mutex& mutex, Deadline deadline) {
  std::unique_lock lock(mutex, std::defer_lock);
  locks.reserve(locks.size() + 1);
  for (std::chrono::microseconds pause = 20us; !lock.try_lock();
       pause = std::min<std::chrono::microseconds>(pause * 2, 1000us)) {
    if (Deadline::clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
  locks.push_back(std::move(lock));
  return true;
}

void handle_forks() noexcept {
  [[maybe_unused]] static const int registered = [] {
    (void)current_fork();
    (void)process_managers();
    (void)InstrumentRegistry::instance();
    return pthread_atfork(prepare, in_parent, in_child);
  }();
}

void add_fork_participant(const ForkParticipant& participant) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const std::size_t count = participant_count.load(std::memory_order_relaxed);
  participants.at(count) = participant;
  participant_count.store(count + 1, std::memory_order_release);
  handle_forks();
}

}  // namespace spark::detail
