// A disk whose power can be cut, as an SQLite VFS. Files are written through to the real ones, so that everything works
// as usual; beside that it keeps what was not synced. When the power goes, nothing more can be written, and
// leave_remains() makes what a real disk might have kept: all that was synced, and of the rest any part, by sectors, in
// any order, some of them torn.
//
// What it models: writes, truncations and syncs of files; the creation of a file, which lasts from its first sync on (a
// sync of a new journal or log syncs its directory too); removals, which last at once if SQLite asks for a sync of the
// directory. What programs write without SQLite is there at once.
//
// One at a time in a process. While it exists it is SQLite's default VFS. Safe from any thread.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "spark/base/random.h"

namespace spark::fakes {

class PowerCutDisk {
 public:
  explicit PowerCutDisk(std::uint64_t seed);
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;
  ~PowerCutDisk();

  // The power goes during that one of the coming writes, truncations, syncs and removals; counted from 1.
  void cut_at(std::uint64_t operation);
  // A disk that says that it has synced and has not.
  void lie_about_syncs();

  [[nodiscard]] bool is_cut() const;
  [[nodiscard]] std::uint64_t operations() const;
  // Puts the remains of the files seen so far into a directory, under their names. To be called after the cut.
  void leave_remains(const std::string& directory);

 private:
  struct Change {
    bool is_truncation;
    std::int64_t offset;  // of a truncation: the new size
    std::string bytes;
  };
  struct Content {
    std::string synced;
    bool exists_for_certain = false;
    bool is_removed = false;
    std::vector<Change> unsynced;
  };
  struct File;  // what SQLite gives room for

  static int open(sqlite3_vfs*, const char* name, sqlite3_file*, int flags, int* out_flags);
  static int remove(sqlite3_vfs*, const char* name, int syncs_directory);
  static int write(sqlite3_file*, const void* data, int size, sqlite3_int64 offset);
  static int truncate(sqlite3_file*, sqlite3_int64 size);
  static int sync(sqlite3_file*, int flags);
  static const sqlite3_io_methods methods;

  // Counts an operation. False if there is no power any more; `is_last` if it goes during this one.
  bool begin_operation(bool& is_last);
  // Removals last from now on.
  void sync_directory();
  static void apply(std::string& content, std::int64_t offset, std::string_view bytes);
  [[nodiscard]] std::string remains_of(const Content& content, std::uint64_t survivors_of_10);

  mutable std::mutex mutex_;
  Random random_;
  sqlite3_vfs* real_;
  sqlite3_vfs vfs_;
  std::map<std::string, Content> contents_;  // by path
  std::uint64_t operations_ = 0;
  std::uint64_t cut_at_ = UINT64_MAX;
  bool lies_ = false;
};

}  // namespace spark::fakes
