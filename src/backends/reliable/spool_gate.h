// SpoolGate keeps spools out of the way of fork(). SQLite forbids a child to use or close its parent's connections, and
// has mutexes that a thread may hold at the moment of the fork; and a child that inherited the descriptor of a lock
// would hold it after its parent's death. So whatever touches a spool's files passes the gate. fork() waits until
// nobody is inside, closes the connections (the parent opens them again when it needs them), and the child closes its
// copies of the locks.
//
// One for the process; safe from any thread.
#pragma once

namespace spark::detail::reliable {

// What a fork does to one that is registered. Called with nobody inside the gate.
class SpoolGuest {
 public:
  virtual void before_fork() noexcept = 0;  // in the parent
  virtual void in_child() noexcept = 0;

 protected:
  ~SpoolGuest() = default;
};

class SpoolGate {
 public:
  // Inside, for a scope. Not to be nested. Throws Error(unavailable) in a child that was forked while somebody was
  // inside for more than a second.
  class Pass {
   public:
    Pass();
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
  };

  // With a pass. May throw std::bad_alloc.
  static void add(SpoolGuest& guest);
  static void remove(SpoolGuest& guest) noexcept;
};

}  // namespace spark::detail::reliable
