#include "backends/postgresql/inherited_sockets.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <utility>

namespace spark::detail::postgresql {
namespace {

struct Sockets {
  std::mutex mutex;
  // With the number of its inode: libpq closes a socket when the connection is lost, and something else gets its place.
  std::map<int, ino_t> open;
};

// Never destroyed, as a fork may come after the end of main().
Sockets& sockets() {
  static Sockets& all = *[] {
    auto* made = new Sockets();
    ::pthread_atfork([] { sockets().mutex.lock(); }, [] { sockets().mutex.unlock(); },
                     [] {
                       for (const auto& [socket, inode] : sockets().open) {
                         struct stat now {};
                         if (::fstat(socket, &now) == 0 && S_ISSOCK(now.st_mode) && now.st_ino == inode)
                           ::close(socket);
                       }
                       // What is in the map stays there: freeing memory is not for a child of many threads.
                       sockets().mutex.unlock();
                     });
    return made;
  }();
  return all;
}

}  // namespace

InheritedSocket::InheritedSocket(int socket) noexcept {
  struct stat now {};
  if (socket < 0 || ::fstat(socket, &now) != 0) return;
  try {
    Sockets& all = sockets();
    const std::lock_guard lock(all.mutex);
    all.open[socket] = now.st_ino;
    socket_ = socket;
  } catch (...) {
  }
}

InheritedSocket::InheritedSocket(InheritedSocket&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}

InheritedSocket& InheritedSocket::operator=(InheritedSocket&& other) noexcept {
  std::swap(socket_, other.socket_);
  return *this;
}

InheritedSocket::~InheritedSocket() {
  if (socket_ < 0) return;
  Sockets& all = sockets();
  const std::lock_guard lock(all.mutex);
  all.open.erase(socket_);
}

}  // namespace spark::detail::postgresql
