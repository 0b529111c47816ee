// OutputFile is a file that is there whole or not at all: it is written under another name beside its own, and gets its
// own when commit() has brought it to the disk. Without commit() nothing remains. "-" is standard output, to which this
// does not apply. Move-only in spirit: made and ended in one scope, for one thread.
#pragma once

#include <string>
#include <string_view>

namespace spark::sparktel {

class OutputFile {
 public:
  // Throws Error that says what to do: conflict (the file exists and may not be replaced), invalid_argument (it is not
  // a regular file), not_found, permission_denied, unavailable.
  OutputFile(std::string path, bool may_replace);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  // Throws Error(unavailable) if the disk is full or fails.
  void write(std::string_view text);
  void commit();

 private:
  void make_temporary();
  [[noreturn]] void fail(int error) const;

  std::string path_;
  bool may_replace_;
  std::string temporary_;  // empty: standard output, or committed
  int descriptor_ = -1;
};

}  // namespace spark::sparktel
