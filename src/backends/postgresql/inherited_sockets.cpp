#include "backends/postgresql/inherited_sockets.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

namespace spark::detail::postgresql {
namespace {

// A socket's descriptor and the end of its inode's number, or 0. Both, since libpq closes a socket when the connection
// is lost, and something else gets its descriptor. A mutex would have to be held during a fork.
std::array<std::atomic<std::uint64_t>, 4'096> known_sockets{};

// 0 for what is no socket.
std::uint64_t mark_of(int descriptor) noexcept {
  struct stat now {};
  if (descriptor < 0 || ::fstat(descriptor, &now) != 0 || !S_ISSOCK(now.st_mode)) return 0;
  const auto place = static_cast<std::uint64_t>(descriptor) + 1;
  return place << 32 | static_cast<std::uint32_t>(now.st_ino);
}

void close_in_child() noexcept {
  for (const auto& slot : known_sockets) {
    const std::uint64_t mark = slot.load(std::memory_order_relaxed);
    if (mark == 0) continue;
    const int descriptor = static_cast<int>((mark >> 32) - 1);
    if (mark_of(descriptor) == mark) ::close(descriptor);
  }
}

}  // namespace

InheritedSocket::InheritedSocket(int socket) noexcept {
  static const int is_registered = ::pthread_atfork(nullptr, nullptr, close_in_child);
  const std::uint64_t mark = mark_of(socket);
  if (mark == 0 || is_registered != 0) return;
  for (std::size_t i = 0; i < known_sockets.size(); ++i) {
    std::uint64_t empty = 0;
    if (!known_sockets[i].compare_exchange_strong(empty, mark)) continue;
    slot_ = static_cast<int>(i);
    return;
  }
}

InheritedSocket::InheritedSocket(InheritedSocket&& other) noexcept : slot_(std::exchange(other.slot_, -1)) {}

InheritedSocket& InheritedSocket::operator=(InheritedSocket&& other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

InheritedSocket::~InheritedSocket() {
  if (slot_ >= 0) known_sockets[static_cast<std::size_t>(slot_)].store(0);
}

}  // namespace spark::detail::postgresql
