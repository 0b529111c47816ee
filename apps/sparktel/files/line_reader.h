// LineReader gives the lines of a file or of standard input ("-"), one at a time. For one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spark::sparktel {

class LineReader {
 public:
  // Longer ones are an error: the most that a record with its limits can be is far below.
  static constexpr std::size_t longest_line = 64 << 20;

  // Throws Error that says what to do: not_found, permission_denied, invalid_argument (a directory).
  explicit LineReader(std::string path);
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  ~LineReader();

  // False at the end. The line has no line end ("\n" or "\r\n") and lives until the next call; the last one needs none.
  // Throws Error: unavailable (the file cannot be read), invalid_argument (too long a line).
  bool next(std::string_view& line);
  // The same line again for the next call of next().
  bool peek(std::string_view& line);
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }  // of that line, from 1
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }    // read up to its end

  // That it can be read again from its beginning: a regular file.
  [[nodiscard]] bool can_rewind() const noexcept { return can_rewind_; }
  void rewind();
  [[nodiscard]] std::uint64_t size_bytes() const noexcept { return size_bytes_; }  // 0 if unknown

 private:
  bool fill();

  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_bytes_ = 0;
  bool can_rewind_ = false;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what was not given yet, in the buffer
  std::size_t end_ = 0;
  bool is_at_end_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace spark::sparktel
