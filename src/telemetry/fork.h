// fork() and the managers. Before a fork every manager is parked: its drainer and its sinks are between two pieces of
// work, and nobody holds its locks. In the child each core is left as it is, inert, and a successor takes its place:
// the same configuration, new ids, nothing recorded yet. Its sinks are made and its threads started when it is first
// used, so that a child that only calls exec() pays for neither.
#pragma once

#include <mutex>
#include <vector>

#include "spark/telemetry/sink.h"

namespace spark::detail {

// Held from before a fork until after it, by the forking thread.
using ForkLocks = std::vector<std::unique_lock<std::mutex>>;

// A mutex that somebody may hold for long: asks again and again until the deadline. False: not to be had.
[[nodiscard]] bool lock_until(ForkLocks& locks, std::mutex& mutex, Deadline deadline);

// Of what spans that ended out of order have left for others; see detail/ended_spans.h.
[[nodiscard]] bool park_ended_spans(ForkLocks& locks, Deadline deadline);
// In a child, when somebody held its lock.
void abandon_ended_spans() noexcept;

// Registers the handlers, once for the process.
void handle_forks() noexcept;

}  // namespace spark::detail
