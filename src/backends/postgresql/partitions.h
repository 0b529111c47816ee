// The daily partitions of the large tables, where the database has them: made before the first row of a day comes (and
// the next day's with it), dropped by retention. Rows of days without one lie in the default partition, so that a
// writer who may not make tables, or a clock that is wrong, loses nothing. Owned by the writer, one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <vector>

#include "backends/postgresql/connection.h"
#include "spark/base/clock.h"

namespace spark::detail::postgresql {

class Partitions {
 public:
  explicit Partitions(Clock& clock) noexcept : clock_(clock) {}

  // Outside of a transaction. Makes none for a minute after the tables were busy: everybody who writes waits behind who
  // waits for them.
  void make(Connection& connection, const std::vector<std::int64_t>& days, Deadline deadline);
  // Drops the days that end at or before a time, if they are this role's; how many there were. For the next make() they
  // are unknown.
  std::uint64_t drop_before(Connection& connection, std::int64_t before_ns, Deadline deadline);

 private:
  void make(Connection& connection, std::int64_t day, Deadline deadline);

  Clock& clock_;
  std::chrono::nanoseconds next_attempt_ = std::chrono::nanoseconds::min();
  std::set<std::int64_t> known_;
};

}  // namespace spark::detail::postgresql
