#include "apps/sparktel/files/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

std::string advice_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; make room on its disk or name a file elsewhere";
    case EFBIG:
      return "; raise the limit on file sizes (ulimit -f) or name a file elsewhere";
    case EACCES:
    case EPERM:
    case EROFS:
      return "; this user needs the right to write its directory";
    case ENOENT:
    case ENOTDIR:
      return "; make its directory first";
    default:
      return "";
  }
}

ErrorCode code_of_writing(int error) {
  if (error == ENOENT || error == ENOTDIR) return ErrorCode::not_found;
  if (error == EACCES || error == EPERM || error == EROFS) return ErrorCode::permission_denied;
  return ErrorCode::unavailable;
}

[[noreturn]] void refuse_existing(const std::string& path) {
  throw Error(ErrorCode::conflict, path + " exists already; name another file, or replace it with --force");
}

}  // namespace

OutputFile::OutputFile(std::string path, bool may_replace) : path_(std::move(path)), may_replace_(may_replace) {
  if (path_ == "-") {
    descriptor_ = STDOUT_FILENO;
    return;
  }
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::invalid_argument,
                  path_ + " is a directory or a device; name a file, or write to standard output with -o -");
    }
    if (!may_replace_) refuse_existing(path_);
    // The file that a link leads to is replaced, not the link.
    std::error_code ignored;
    const std::filesystem::path target = std::filesystem::canonical(path_, ignored);
    if (!ignored) path_ = target.string();
  }
  make_temporary();
  // Who may read what is replaced may read the new one, and nobody else.
  if (S_ISREG(status.st_mode) && ::fchmod(descriptor_, status.st_mode & 07777) != 0) fail(errno);
}

void OutputFile::make_temporary() {
  // A process that was killed may have left one, and a container gives the same number to the next.
  for (int attempt = 0; descriptor_ < 0; ++attempt) {
    constexpr int most_attempts = 1'000;
    temporary_ = path_ + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0 || (errno == EEXIST && attempt < most_attempts)) continue;
    const int error = errno;
    temporary_.clear();
    fail(error);
  }
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0 && descriptor_ != STDOUT_FILENO) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view text) {
  std::string safe;
  if (descriptor_ == STDOUT_FILENO && ::isatty(descriptor_) == 1) text = safe = harmless(text, false);
  while (!text.empty()) {
    wait_until_ready(descriptor_, POLLOUT);
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OutputFile::commit() {
  if (temporary_.empty()) return;
  if (::fsync(descriptor_) != 0) fail(errno);
  // Some file systems report a full disk only here.
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  if (may_replace_) {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  } else if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) refuse_existing(path_);
    // Not every file system can refuse to replace; then the look at the beginning has to do.
    if (errno != EINVAL || ::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  }
  temporary_.clear();
  // That the name leads to the new file is to survive a power cut, too.
  std::filesystem::path folder = std::filesystem::path(path_).parent_path();
  if (folder.empty()) folder = ".";
  const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;  // a folder that may be written and not read: there is no asking for more
  ::fsync(directory);
  ::close(directory);
}

void OutputFile::fail(int error) const {
  if (error == EPIPE && path_ == "-") end_by_broken_pipe();
  const std::string what = path_ == "-" ? "standard output" : path_;
  throw Error(code_of_writing(error), "cannot write to " + what + ": " + std::strerror(error) + advice_for(error));
}

}  // namespace spark::sparktel
