// LockFile is the `<database>-lock` file around whose flock every store of this library writes and
// checkpoints.
//
// SQLite before 3.51.3 can corrupt a file when a checkpoint of one connection races a commit of another that
// restarts the write-ahead log. SQLite's own locks do not prevent it; ours does. flock belongs to the open
// file description, so two stores of one process, each with its own LockFile, exclude each other too. It ends
// with its process, however that ends.
//
// Owned by one store; not thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "spark/base/clock.h"

namespace spark::detail::sqlite {

class LockFile {
 public:
  // The longest that a waiting writer sleeps before it tries again. Whoever takes the lock many times in a row and
  // leaves it free for longer than this in between starves nobody.
  static constexpr std::chrono::microseconds longest_pause{2'000};

  // Creates the file if it is not there; it is never removed. Throws Error(not_found) for a missing
  // directory, Error(permission_denied), or Error(unavailable).
  explicit LockFile(const std::string& database_path);
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

  class Held {
   public:
    explicit Held(int descriptor) noexcept : descriptor_(descriptor) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held();

   private:
    int descriptor_;
  };
  // Waits for the lock, at most this long; then throws Error(unavailable).
  [[nodiscard]] Held lock(Seconds timeout);

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace spark::detail::sqlite
