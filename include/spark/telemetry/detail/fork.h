// What happens around fork(): a child gets managers of its own, and what a backend keeps for the whole process must be
// neither in use at the moment of the fork nor taken for the child's own afterwards. Private to telemetry/ and
// backends/.
#pragma once

#include <chrono>

namespace spark::detail {

// A backend's part. The functions are called on the forking thread, in this order, once for each fork; at that moment
// no sink of a manager is at work, but queries and stores without a manager may be.
struct ForkParticipant {
  // Waits until the backend is at rest and keeps it so. False: it was not at rest by the deadline; the child must then
  // not use it.
  bool (*prepare)(std::chrono::steady_clock::time_point deadline) noexcept;
  void (*in_parent)() noexcept;
  void (*in_child)() noexcept;
};

// Once for each backend; it stays for the life of the process.
void add_fork_participant(const ForkParticipant& participant);

}  // namespace spark::detail
