// Spool is the files of one spool path. Each sink has one file for itself: the path, or, while other sinks or processes
// have that (a forked child, a second copy of the program), the first free one of path.2, path.3 and so on. What a
// process left behind when it ended is delivered by whoever comes to have its file: the next one to be started, or,
// once its own file is empty, any other that is there.
//
// Thread-safe, except for adopt().
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "backends/reliable/spool_file.h"
#include "spark/telemetry/reliable_options.h"

namespace spark::detail::reliable {

class Spool {
 public:
  // As many sinks at once can have one spool path.
  static constexpr int max_files = 64;

  // `destination` as SpoolFileOptions'. Throws as SpoolFile::open, and unavailable if all files are taken.
  Spool(const ReliableOptions& options, Durability durability, std::string_view destination);

  [[nodiscard]] SpoolFile& own() const noexcept { return *own_; }
  // Absolute.
  [[nodiscard]] const std::string& path() const noexcept { return options_.path; }

  struct Adopted {
    std::unique_ptr<SpoolFile> file = {};  // null: there is none
    std::string trouble = {};              // of a file that cannot be opened; said once of each
  };
  // A file that has rows and no owner.
  [[nodiscard]] Adopted adopt();

 private:
  [[nodiscard]] SpoolFileOptions options_of(int number) const;

  SpoolFileOptions options_;
  int own_number_ = 0;
  std::unique_ptr<SpoolFile> own_;
  std::set<int> unusable_;
};

}  // namespace spark::detail::reliable
