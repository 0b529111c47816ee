// Retention decides when a store deletes by itself, and how much at a time: right after a write, when the bound of size
// is exceeded or some time has passed, for at most a fraction of a second, so that the writes that wait behind it are
// not lost. What is left then is done after the next write.
//
// Owned by the store, used by the thread that writes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "spark/backends/sqlite.h"

namespace spark::detail::sqlite {

// One transaction's worth of deleting.
struct PruneGoal {
  std::optional<std::int64_t> before_ns = {};
  std::uint64_t max_bytes = 0;  // 0: no bound
  std::size_t max_rows = PruneOptions{}.rows_per_transaction;
};

// What a transaction left behind.
enum class PruneLeft : std::uint8_t {
  rows,           // certainly more to look at
  maybe_orphans,  // no trace, and nothing that belongs to none; trace ids without a trace have not all been looked at
  nothing,
};

// Between two transactions of one pruning, so that every writer that waits for the lock file gets it in between.
void pause_for_other_writers();

class Retention {
 public:
  using Clock = spark::Clock;
  // Deletes once and adds to the result, whose bytes_in_use it sets.
  using Step = std::function<PruneLeft(const PruneGoal& goal, PruneResult& result)>;

  explicit Retention(const SqliteOptions& options);

  [[nodiscard]] bool is_on() const noexcept { return age_.count() > 0 || max_bytes_ > 0; }
  // Never throws: the batch is stored, and what could not be deleted now is tried again.
  void after_write(std::uint64_t bytes_in_use, const Step& step) noexcept;

 private:
  // Between two looks when nothing presses.
  static constexpr std::chrono::seconds interval{60};
  // What deleting may add to one write. At half a million rows a second it is more than the largest batch brings.
  static constexpr std::chrono::milliseconds time_for_one_write{100};

  [[nodiscard]] std::optional<std::int64_t> oldest_to_keep_ns() const noexcept;

  const Seconds age_;
  const std::uint64_t max_bytes_;
  Clock& clock_;
  std::chrono::nanoseconds next_look_ = std::chrono::nanoseconds::min();
  std::chrono::nanoseconds next_size_look_ = std::chrono::nanoseconds::min();
};

}  // namespace spark::detail::sqlite
