#include "apps/sparktel/files/line_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "apps/sparktel/terminal/stop_signal.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t first_buffer = 1 << 18;

[[noreturn]] void fail(const std::string& path, int error) {
  const bool is_missing = error == ENOENT || error == ENOTDIR;
  const bool is_denied = error == EACCES || error == EPERM;
  throw Error(is_missing  ? ErrorCode::not_found
              : is_denied ? ErrorCode::permission_denied
                          : ErrorCode::unavailable,
              "cannot read " + path + ": " + std::strerror(error) +
                  (is_missing  ? "; name a file that sparktel export wrote"
                   : is_denied ? "; this user needs the right to read it"
                               : ""));
}

}  // namespace

LineReader::LineReader(std::string path) : path_(std::move(path)), buffer_(first_buffer) {
  descriptor_ = path_ == "-" ? STDIN_FILENO : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) fail(path_, errno);
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return;
  if (S_ISDIR(status.st_mode)) {
    ::close(descriptor_);
    throw Error(ErrorCode::invalid_argument,
                "cannot read " + path_ + ": it is a directory; name a file that sparktel export wrote");
  }
  can_rewind_ = S_ISREG(status.st_mode) && path_ != "-";
  if (can_rewind_) size_bytes_ = static_cast<std::uint64_t>(status.st_size);
}

LineReader::~LineReader() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

bool LineReader::next(std::string_view& line) {
  std::size_t searched = begin_;
  for (;;) {
    const void* const found = std::memchr(buffer_.data() + searched, '\n', end_ - searched);
    const bool is_last = found == nullptr && is_at_end_;
    if (is_last && begin_ == end_) return false;
    if (found != nullptr || is_last) {
      const std::size_t line_end =
          found != nullptr ? static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) : end_;
      line = {buffer_.data() + begin_, line_end - begin_};
      if (line.ends_with('\r')) line.remove_suffix(1);
      const std::size_t next_begin = found != nullptr ? line_end + 1 : end_;
      bytes_ += next_begin - begin_;
      begin_ = next_begin;
      ++number_;
      return true;
    }
    const std::size_t unfinished = end_ - begin_;
    is_at_end_ = !fill();
    searched = begin_ + unfinished;
  }
}

bool LineReader::peek(std::string_view& line) {
  const std::uint64_t bytes_before = bytes_;
  if (!next(line)) return false;
  begin_ -= bytes_ - bytes_before;
  bytes_ = bytes_before;
  --number_;
  return true;
}

bool LineReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ >= longest_line) {
    throw Error(ErrorCode::invalid_argument, path_ + " line " + std::to_string(number_ + 1) + ": expected at most " +
                                                 std::to_string(longest_line) + " bytes");
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  for (;;) {
    wait_until_ready(descriptor_, POLLIN);
    const ssize_t count = ::read(descriptor_, buffer_.data() + end_, buffer_.size() - end_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path_, errno);
    end_ += static_cast<std::size_t>(count);
    return count > 0;
  }
}

void LineReader::rewind() {
  if (::lseek(descriptor_, 0, SEEK_SET) != 0) fail(path_, errno);
  begin_ = end_ = 0;
  is_at_end_ = false;
  number_ = bytes_ = 0;
}

}  // namespace spark::sparktel
