#include "fakes/power_cut_vfs.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace spark::fakes {
namespace {

constexpr std::int64_t sector_bytes = 512;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

struct PowerCutDisk::File {
  sqlite3_file base;  // first, as SQLite knows it
  PowerCutDisk* disk;
  Content* content;
  // The real file lies behind this one.
  [[nodiscard]] sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
  [[nodiscard]] static File* of(sqlite3_file* file) noexcept { return reinterpret_cast<File*>(file); }
};

namespace {

// Passes a call on to the real file, which lies behind ours.
template <class File>
sqlite3_file* real_of(sqlite3_file* file) noexcept {
  return reinterpret_cast<File*>(file)->real();
}

}  // namespace

// Everything but writing goes to the real file. Version 2: shared memory, but no memory mapping.
const sqlite3_io_methods PowerCutDisk::methods = {
    .iVersion = 2,
    .xClose =
        [](sqlite3_file* file) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xClose(real);
        },
    .xRead =
        [](sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xRead(real, data, size, offset);
        },
    .xWrite = &PowerCutDisk::write,
    .xTruncate = &PowerCutDisk::truncate,
    .xSync = &PowerCutDisk::sync,
    .xFileSize =
        [](sqlite3_file* file, sqlite3_int64* size) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xFileSize(real, size);
        },
    .xLock =
        [](sqlite3_file* file, int level) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xLock(real, level);
        },
    .xUnlock =
        [](sqlite3_file* file, int level) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xUnlock(real, level);
        },
    .xCheckReservedLock =
        [](sqlite3_file* file, int* result) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xCheckReservedLock(real, result);
        },
    .xFileControl =
        [](sqlite3_file* file, int operation, void* argument) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xFileControl(real, operation, argument);
        },
    .xSectorSize =
        [](sqlite3_file* file) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xSectorSize(real);
        },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xDeviceCharacteristics(real);
        },
    .xShmMap =
        [](sqlite3_file* file, int page, int size, int extend, void volatile** out) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xShmMap(real, page, size, extend, out);
        },
    .xShmLock =
        [](sqlite3_file* file, int offset, int count, int flags) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xShmLock(real, offset, count, flags);
        },
    .xShmBarrier =
        [](sqlite3_file* file) {
          sqlite3_file* real = real_of<File>(file);
          real->pMethods->xShmBarrier(real);
        },
    .xShmUnmap =
        [](sqlite3_file* file, int removes) {
          sqlite3_file* real = real_of<File>(file);
          return real->pMethods->xShmUnmap(real, removes);
        },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

PowerCutDisk::PowerCutDisk(std::uint64_t seed) : random_(seed), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
  vfs_.zName = "power-cut";
  vfs_.pAppData = this;
  vfs_.pNext = nullptr;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.xOpen = &PowerCutDisk::open;
  vfs_.xDelete = &PowerCutDisk::remove;
  if (sqlite3_vfs_register(&vfs_, 1) != SQLITE_OK) throw std::runtime_error("cannot register the test's VFS");
}

PowerCutDisk::~PowerCutDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

void PowerCutDisk::cut_at(std::uint64_t operation) {
  const std::lock_guard lock(mutex_);
  cut_at_ = operations_ + operation;
}

void PowerCutDisk::lie_about_syncs() {
  const std::lock_guard lock(mutex_);
  lies_ = true;
}

bool PowerCutDisk::is_cut() const {
  const std::lock_guard lock(mutex_);
  return operations_ >= cut_at_;
}

std::uint64_t PowerCutDisk::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

bool PowerCutDisk::begin_operation(bool& is_last) {
  if (operations_ >= cut_at_) return false;
  is_last = ++operations_ >= cut_at_;
  return true;
}

int PowerCutDisk::open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* disk = static_cast<PowerCutDisk*>(vfs->pAppData);
  // A temporary file has no name and need not survive anything.
  if (name == nullptr) return disk->real_->xOpen(disk->real_, name, file, flags, out_flags);
  const std::lock_guard lock(disk->mutex_);
  const bool existed = std::filesystem::exists(name);
  auto* ours = File::of(file);
  ours->base.pMethods = nullptr;
  const int result = disk->real_->xOpen(disk->real_, name, ours->real(), flags, out_flags);
  if (result != SQLITE_OK) return result;
  const auto [position, is_new] = disk->contents_.try_emplace(name);
  Content& content = position->second;
  if (is_new) {
    content.exists_for_certain = existed;
    if (existed) content.synced = read_file(name);
  } else if (content.is_removed) {
    content.is_removed = false;
    content.unsynced.push_back({true, 0, {}});
  }
  ours->disk = disk;
  ours->content = &content;
  ours->base.pMethods = &methods;
  return SQLITE_OK;
}

int PowerCutDisk::remove(sqlite3_vfs* vfs, const char* name, int syncs_directory) {
  auto* disk = static_cast<PowerCutDisk*>(vfs->pAppData);
  const std::lock_guard lock(disk->mutex_);
  bool is_last = false;
  if (!disk->begin_operation(is_last)) return SQLITE_IOERR_DELETE;
  Content& content = disk->contents_[name];
  content.is_removed = true;
  if (is_last) return SQLITE_IOERR_DELETE;
  if (syncs_directory != 0 && !disk->lies_) disk->sync_directory();
  return disk->real_->xDelete(disk->real_, name, 0);
}

void PowerCutDisk::sync_directory() {
  for (auto& [path, content] : contents_) {
    if (!content.is_removed) continue;
    content = Content();
    content.is_removed = true;
  }
}

int PowerCutDisk::write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  File* ours = File::of(file);
  const std::lock_guard lock(ours->disk->mutex_);
  bool is_last = false;
  if (!ours->disk->begin_operation(is_last)) return SQLITE_IOERR_WRITE;
  ours->content->unsynced.push_back(
      {false, offset, std::string(static_cast<const char*>(data), static_cast<std::size_t>(size))});
  if (is_last) return SQLITE_IOERR_WRITE;
  return ours->real()->pMethods->xWrite(ours->real(), data, size, offset);
}

int PowerCutDisk::truncate(sqlite3_file* file, sqlite3_int64 size) {
  File* ours = File::of(file);
  const std::lock_guard lock(ours->disk->mutex_);
  bool is_last = false;
  if (!ours->disk->begin_operation(is_last)) return SQLITE_IOERR_TRUNCATE;
  ours->content->unsynced.push_back({true, size, {}});
  if (is_last) return SQLITE_IOERR_TRUNCATE;
  return ours->real()->pMethods->xTruncate(ours->real(), size);
}

int PowerCutDisk::sync(sqlite3_file* file, int) {
  File* ours = File::of(file);
  const std::lock_guard lock(ours->disk->mutex_);
  bool is_last = false;
  if (!ours->disk->begin_operation(is_last) || is_last) return SQLITE_IOERR_FSYNC;
  if (ours->disk->lies_) return SQLITE_OK;
  Content& content = *ours->content;
  for (const Change& change : content.unsynced) {
    if (change.is_truncation) {
      content.synced.resize(static_cast<std::size_t>(change.offset));
    } else {
      apply(content.synced, change.offset, change.bytes);
    }
  }
  content.unsynced.clear();
  if (!content.exists_for_certain) ours->disk->sync_directory();
  content.exists_for_certain = true;
  return SQLITE_OK;
}

void PowerCutDisk::apply(std::string& content, std::int64_t offset, std::string_view bytes) {
  const auto begin = static_cast<std::size_t>(offset);
  if (content.size() < begin + bytes.size()) content.resize(begin + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + offset);
}

std::string PowerCutDisk::remains_of(const Content& content, std::uint64_t survivors_of_10) {
  std::string remains = content.synced;
  for (const Change& change : content.unsynced) {
    if (change.is_truncation) {
      if (random_.next() % 10 < survivors_of_10) remains.resize(static_cast<std::size_t>(change.offset));
      continue;
    }
    // Dropping any of them, in the order in which they were made, is as good as any other order.
    const auto end = change.offset + static_cast<std::int64_t>(change.bytes.size());
    for (std::int64_t begin = change.offset; begin < end;) {
      const std::int64_t next = std::min(end, (begin / sector_bytes + 1) * sector_bytes);
      auto length = static_cast<std::size_t>(next - begin);
      const bool survives = random_.next() % 10 < survivors_of_10;
      // A torn sector has only its beginning of the new.
      if (survives && random_.next() % 16 == 0) length = random_.next() % (length + 1);
      if (survives) {
        apply(remains, begin,
              std::string_view(change.bytes).substr(static_cast<std::size_t>(begin - change.offset), length));
      }
      begin = next;
    }
  }
  return remains;
}

void PowerCutDisk::leave_remains(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  for (const auto& [path, content] : contents_) {
    const std::uint64_t survivors_of_10 = random_.next() % 11;
    const bool is_there = (content.exists_for_certain || random_.next() % 2 == 0) &&
                          (!content.is_removed || (!content.synced.empty() && random_.next() % 2 == 0));
    if (!is_there) continue;
    const auto name = std::filesystem::path(path).filename();
    std::ofstream(std::filesystem::path(directory) / name, std::ios::binary) << remains_of(content, survivors_of_10);
    // The log's index is never synced. What it holds after a cut is nothing that anybody may believe.
    const std::string index = path + "-shm";
    if (random_.next() % 2 == 0 && std::filesystem::exists(index)) {
      std::filesystem::copy_file(index, std::filesystem::path(directory) / std::filesystem::path(index).filename(),
                                 std::filesystem::copy_options::overwrite_existing);
    }
  }
}

}  // namespace spark::fakes
