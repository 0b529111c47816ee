#include "backends/sqlite/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include "backends/sqlite/fork_gate.h"
#include "spark/base/error.h"

namespace spark::detail::sqlite {

LockFile::LockFile(const std::string& database_path) : path_(database_path + "-lock") {
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ >= 0) {
    ForkGate::add_lock_file(descriptor_);
    return;
  }
  const int error = errno;
  const std::string what = "SQLite database " + database_path + ": cannot open it: ";
  if (error == ENOENT || error == ENOTDIR) {
    const std::filesystem::path directory = std::filesystem::path(database_path).parent_path();
    std::error_code ignored;
    // Such as /proc, which has no room for files of ours.
    if (std::filesystem::is_directory(directory, ignored)) {
      throw Error(ErrorCode::permission_denied, what + "no file can be made in the directory " + directory.string());
    }
    throw Error(ErrorCode::not_found, what + "the directory " + directory.string() + " does not exist");
  }
  const bool denied = error == EACCES || error == EPERM || error == EROFS;
  throw Error(denied ? ErrorCode::permission_denied : ErrorCode::unavailable,
              what + "cannot create the lock file " + path_ + ": " + std::strerror(error));
}

LockFile::~LockFile() {
  ForkGate::remove_lock_file(descriptor_);
  ::close(descriptor_);
}

LockFile::Held LockFile::lock(Seconds timeout) {
  using namespace std::chrono_literals;
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::duration_cast<std::chrono::nanoseconds>(std::min(timeout, Seconds{86'400}));
  // flock cannot wait for a limited time, so this asks again and again, less often the longer it takes.
  for (auto pause = 50us;; pause = std::min<std::chrono::microseconds>(pause * 2, longest_pause)) {
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return Held(descriptor_);
    if (errno != EWOULDBLOCK && errno != EINTR) {
      throw Error(ErrorCode::unavailable, "cannot lock " + path_ + ": " + std::strerror(errno));
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error(ErrorCode::unavailable,
                  "cannot lock " + path_ + " within " + std::to_string(timeout.count()) + " s: others are writing");
    }
    std::this_thread::sleep_for(pause);
  }
}

LockFile::Held::~Held() { ::flock(descriptor_, LOCK_UN); }

}  // namespace spark::detail::sqlite
