// ForkGate keeps SQLite out of the way of fork(). SQLite forbids a child to use or close its parent's connections, and
// keeps state for the whole process besides: mutexes that a thread may hold at the moment of the fork, and lists of the
// file locks that the process has, which a child inherits as lists but not as locks.
//
// So every call into SQLite passes the gate; fork() closes it and waits until nobody is inside. For each database that
// is open then, it takes the two locks that SQLite believes it holds while a database is open (shared, on the file and
// on its -shm) once more as locks of an open file description, which a child inherits: what SQLite believes is then
// true in the child as well. Their descriptors are never closed, because closing any descriptor of a file takes the
// process' other locks on it away. A child's stores are made anew; those of its parent are left as they are.
//
// One for the process; safe from any thread.
#pragma once

#include <cstdint>
#include <string>

namespace spark::detail::sqlite {

class ForkGate {
 public:
  // Inside, for a scope. Waits while a fork is under way. A thread that is inside may come in again.
  class Pass {
   public:
    Pass() noexcept;
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
  };

  // Counts the forks that lie between this process and the first one; what was opened under another number is not to be
  // touched.
  [[nodiscard]] static std::uint64_t generation() noexcept;
  // Throws Error(unavailable) in a child that was forked while SQLite was at work for more than a second.
  static void check_usable();

  // A database that is open, by its path, and one that no longer is. With a pass.
  static void add_database(const std::string& path);
  static void remove_database(const std::string& path) noexcept;
  // The descriptor of a lock file: a child closes it, or it would hold its parent's lock after the parent's death. With
  // a pass.
  static void add_lock_file(int descriptor);
  static void remove_lock_file(int descriptor) noexcept;
};

}  // namespace spark::detail::sqlite
