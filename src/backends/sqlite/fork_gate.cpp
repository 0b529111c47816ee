#include "backends/sqlite/fork_gate.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <utility>

#include "spark/base/error.h"
#include "spark/telemetry/detail/fork.h"

namespace spark::detail::sqlite {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

// SQLite's os.h and os_unix.c: the range of a database file that readers share, and the byte of a -shm file that
// whoever has it open shares ("dead man's switch": 22 + 8 words in, behind the eight locks).
constexpr off_t shared_first = 0x40000000 + 2;
constexpr off_t shared_size = 510;
constexpr off_t dead_mans_switch = (22 + 8) * 4 + 8;

struct State {
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  bool is_closed = false;
  bool is_parked = false;                // at the fork under way
  std::map<std::string, int> databases;  // by path, how often it is open
  std::set<std::pair<dev_t, ino_t>> guarded;
  std::set<int> lock_files;
};
State& state() {
  static auto* const made = new State;
  return *made;
}

constinit std::atomic<std::uint64_t> forks{0};
constinit std::atomic<bool> is_unusable{false};
constinit thread_local int passes = 0;

bool lock_shared(int file, off_t start, off_t length, Deadline deadline) noexcept {
  struct flock wanted {};
  wanted.l_type = F_RDLCK;
  wanted.l_whence = SEEK_SET;
  wanted.l_start = start;
  wanted.l_len = length;
  while (::fcntl(file, F_OFD_SETLK, &wanted) != 0) {
    if ((errno != EAGAIN && errno != EACCES && errno != EINTR) || std::chrono::steady_clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return true;
}

// True if the file is not there: then SQLite holds no lock on it either.
bool guard(const std::string& path, off_t start, off_t length, Deadline deadline) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return true;
  const std::pair key{found.st_dev, found.st_ino};
  if (state().guarded.contains(key)) return true;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  state().guarded.insert(key);  // kept open in any case, see above
  return lock_shared(file, start, length, deadline);
}

bool prepare(Deadline deadline) noexcept {
  State& gate = state();
  std::unique_lock lock(gate.mutex);
  gate.is_closed = true;
  // Whoever forks from inside a query cannot wait for its own end.
  gate.is_parked = passes == 0 && gate.changed.wait_until(lock, deadline, [&] { return gate.inside == 0; });
  lock.release();  // held until after the fork
  try {
    for (const auto& [path, count] : gate.databases) {
      gate.is_parked = gate.is_parked && guard(path, shared_first, shared_size, deadline) &&
                       guard(path + "-shm", dead_mans_switch, 1, deadline);
    }
  } catch (const std::bad_alloc&) {
    gate.is_parked = false;
  }
  return gate.is_parked;
}

void in_parent() noexcept {
  State& gate = state();
  gate.is_closed = false;
  gate.mutex.unlock();
  gate.changed.notify_all();
}

void in_child() noexcept {
  State& gate = state();
  forks.fetch_add(1);
  if (!gate.is_parked) is_unusable = true;
  gate.inside = 0;
  passes = 0;
  gate.is_closed = false;
  gate.databases.clear();
  for (const int file : gate.lock_files) ::close(file);
  gate.lock_files.clear();
  new (&gate.changed) std::condition_variable;  // the old one may believe that threads wait which are no more
  gate.mutex.unlock();
}

void take_part_in_forks() {
  [[maybe_unused]] static const bool registered = [] {
    (void)state();
    add_fork_participant({prepare, in_parent, in_child});
    return true;
  }();
}

}  // namespace

ForkGate::Pass::Pass() noexcept {
  if (passes++ > 0) return;
  take_part_in_forks();
  State& gate = state();
  std::unique_lock lock(gate.mutex);
  gate.changed.wait(lock, [&] { return !gate.is_closed; });
  ++gate.inside;
}

ForkGate::Pass::~Pass() {
  if (--passes > 0) return;
  State& gate = state();
  const std::lock_guard lock(gate.mutex);
  if (--gate.inside == 0) gate.changed.notify_all();
}

std::uint64_t ForkGate::generation() noexcept { return forks.load(std::memory_order_relaxed); }

void ForkGate::check_usable() {
  if (!is_unusable) return;
  throw Error(ErrorCode::unavailable,
              "SQLite cannot be used in this forked child: the process was forked while SQLite was at work");
}

void ForkGate::add_database(const std::string& path) {
  const std::lock_guard lock(state().mutex);
  ++state().databases[path];
}

void ForkGate::remove_database(const std::string& path) noexcept {
  const std::lock_guard lock(state().mutex);
  const auto found = state().databases.find(path);
  if (found != state().databases.end() && --found->second == 0) state().databases.erase(found);
}

void ForkGate::add_lock_file(int descriptor) {
  const std::lock_guard lock(state().mutex);
  state().lock_files.insert(descriptor);
}

void ForkGate::remove_lock_file(int descriptor) noexcept {
  const std::lock_guard lock(state().mutex);
  state().lock_files.erase(descriptor);
}

}  // namespace spark::detail::sqlite
