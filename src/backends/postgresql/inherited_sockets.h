// The sockets of this process's sessions, which a forked child closes as it begins: as long as it had a copy of one,
// the server would take the session for alive after the parent was killed, and keep its locks. Closing is all: nothing
// is said on it, which would end the parent's session. Safe from any thread; holds nothing up, not even a fork.
#pragma once

namespace spark::detail::postgresql {

// For the time of an object, the socket is known. More than a few thousand are not.
class InheritedSocket {
 public:
  InheritedSocket() = default;
  explicit InheritedSocket(int socket) noexcept;
  InheritedSocket(InheritedSocket&& other) noexcept;
  InheritedSocket& operator=(InheritedSocket&& other) noexcept;
  ~InheritedSocket();

 private:
  int slot_ = -1;
};

}  // namespace spark::detail::postgresql
