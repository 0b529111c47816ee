#include "backends/sqlite/retention.h"

#include <limits>
#include <thread>

#include "backends/sqlite/lock_file.h"

namespace spark::detail::sqlite {
namespace {

// Below the bound by this part, so that not every write exceeds it again.
constexpr std::uint64_t slack_divisor = 20;

}  // namespace

void pause_for_other_writers() {
  std::this_thread::sleep_for(LockFile::longest_pause + std::chrono::microseconds(500));
}

Retention::Retention(const SqliteOptions& options)
    : age_(options.retention_age),
      max_bytes_(options.retention_bytes),
      clock_(options.clock != nullptr ? *options.clock : system_clock()) {}

std::optional<std::int64_t> Retention::oldest_to_keep_ns() const noexcept {
  if (age_.count() == 0) return std::nullopt;
  // In doubles: an age of 10^11 s would overflow as nanoseconds, and nothing is older than the first of them.
  constexpr auto first = static_cast<double>(std::numeric_limits<std::int64_t>::min());
  const std::int64_t now_ns = clock_.wall_now().time_since_epoch().count();
  const double age_ns = age_.count() * 1e9;
  if (static_cast<double>(now_ns) - age_ns <= first) return std::nullopt;
  return now_ns - static_cast<std::int64_t>(age_ns);
}

void Retention::after_write(std::uint64_t bytes_in_use, const Step& step) noexcept {
  const auto begin = clock_.steady_now();
  const bool is_too_large = max_bytes_ > 0 && bytes_in_use > max_bytes_ && begin >= next_size_look_;
  if (begin < next_look_ && !is_too_large) return;
  const PruneGoal goal{.before_ns = oldest_to_keep_ns(),
                       .max_bytes = is_too_large ? max_bytes_ - max_bytes_ / slack_divisor : max_bytes_};
  next_look_ = begin + interval;
  try {
    PruneResult result;
    PruneLeft left = PruneLeft::rows;
    for (;;) {
      left = step(goal, result);
      if (left != PruneLeft::rows) break;
      if (clock_.steady_now() - begin >= time_for_one_write) {
        next_look_ = begin;
        return;
      }
      pause_for_other_writers();
    }
    // Nothing can be deleted (documents, names and graphs stay): looking again after each write would only cost time.
    if (result.bytes_in_use > goal.max_bytes) next_size_look_ = begin + interval;
  } catch (...) {
    // Another writer kept the lock, or the disk is full. A lasting fault shows in the writes, which report it.
    next_size_look_ = begin + interval;
  }
}

}  // namespace spark::detail::sqlite
