#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "apps/sparktel/doctor/examine.h"
#include "apps/sparktel/terminal/size.h"

namespace spark::sparktel {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t little_room = 1'000'000'000;
constexpr std::uint64_t too_little_room = 100'000'000;
// Writers copy the log into the file when it has grown by 40 MiB, unless a reader holds on to it.
constexpr std::uint64_t large_log = 200'000'000;

bool may(const std::string& path, int mode) { return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0; }

// The process that holds a flock on the file, as /proc/locks lists them: "1: FLOCK  ADVISORY  WRITE 123 08:01:456 0
// EOF".
std::optional<int> holder_of_lock(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, type, advisory, mode, file;
    int process = 0;
    if (!(words >> number >> type >> advisory >> mode >> process >> file) || type != "FLOCK") continue;
    unsigned int device_major = 0;
    unsigned int device_minor = 0;
    unsigned long inode = 0;
    if (std::sscanf(file.c_str(), "%x:%x:%lu", &device_major, &device_minor, &inode) != 3) continue;
    if (inode == status.st_ino && device_major == major(status.st_dev) && device_minor == minor(status.st_dev)) {
      return process;
    }
  }
  return std::nullopt;
}

std::string name_of_process(int process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  std::getline(file, name);
  return "process " + std::to_string(process) + (name.empty() ? "" : " (" + name + ")");
}

}  // namespace

void check_lock(const std::string& path, std::vector<Finding>& findings) {
  const std::string lock = path + "-lock";
  std::error_code ignored;
  if (!std::filesystem::exists(lock, ignored)) {
    findings.push_back({"lock", Health::good, "nobody writes: there is no lock file; the next writer makes one", ""});
    return;
  }
  // A writer holds it for milliseconds at a time, so only one that is held at each of many looks means something.
  constexpr int looks = 20;
  const std::optional<int> first = holder_of_lock(lock);
  std::optional<int> holder = first;
  for (int look = 0; look < looks; ++look) {
    if (!holder || holder != first) {
      findings.push_back({"lock", Health::good, look == 0 ? "free" : "writers take it and give it back", ""});
      return;
    }
    std::this_thread::sleep_for(50ms);
    holder = holder_of_lock(lock);
  }
  findings.push_back(
      {"lock", Health::doubtful, "held for more than a second by " + name_of_process(*first),
       "It writes a great deal, or hangs: others that write wait and then fail. If it hangs, end it; the "
       "lock ends with it."});
}

void check_permissions(const std::string& path, std::vector<Finding>& findings) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  std::string unreadable;
  std::string unwritable;
  std::error_code ignored;
  const auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; };
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) {
    const std::string file = path + suffix;
    if (!std::filesystem::exists(file, ignored)) continue;
    if (!may(file, R_OK)) add(unreadable, file);
    if (!may(file, W_OK)) add(unwritable, file);
  }
  const bool may_add_files = may(folder, W_OK | X_OK);
  if (!may_add_files) add(unwritable, folder);
  // Readers make these where they are missing.
  const bool lacks_index =
      !std::filesystem::exists(path + "-shm", ignored) || !std::filesystem::exists(path + "-wal", ignored);
  if (!unreadable.empty()) {
    findings.push_back({"permissions", Health::bad, "this user may not read " + unreadable,
                        "Give this user the right to read them: chmod, chown, or run as their owner."});
  } else if (lacks_index && !may_add_files) {
    findings.push_back({"permissions", Health::bad,
                        "-wal or -shm is missing, and this user may not make it in " + folder,
                        "Copy the database to a directory that this user may write, or give it the right to write this "
                        "one: even reading needs both files."});
  } else if (!unwritable.empty()) {
    findings.push_back({"permissions", Health::doubtful, "this user may not write " + unwritable,
                        "Reading works; to record as this user, give it the right to write the database, the files "
                        "beside it, and their directory."});
  } else {
    findings.push_back({"permissions", Health::good, "this user may read and write the file and those beside it", ""});
  }
}

void check_disk(const std::string& path, std::vector<Finding>& findings) {
  std::error_code error;
  const auto size_of = [&](const std::string& file) -> std::uint64_t {
    const std::uintmax_t size = std::filesystem::file_size(file, error);
    return error ? 0 : size;
  };
  const std::uint64_t log = size_of(path + "-wal");
  Finding finding{"log", Health::good, "the write-ahead log has " + format_size(log), ""};
  if (log > large_log) {
    finding.health = Health::doubtful;
    finding.advice =
        "A reader that stays in one query for long keeps it from being copied and used again: end it. The "
        "next writers then copy the log; it does not shrink, but grows no more.";
  }
  findings.push_back(std::move(finding));

  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) return;
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  finding = {"disk", Health::good, format_size(room) + " free; the database has " + format_size(size_of(path)), ""};
  if (room < little_room) {
    finding.health = room < too_little_room ? Health::bad : Health::doubtful;
    finding.advice =
        "Make room: on a full disk records are lost and counted. sparktel prune frees room inside the file, "
        "which then grows no more.";
  }
  findings.push_back(std::move(finding));
}

}  // namespace spark::sparktel
