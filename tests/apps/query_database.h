// A database whose every record and time is decided here: two runs of "import", the first of which failed, an event and
// a metric in it, two calls of a language model, and forty runs of two versions of the graph "sorter".
#pragma once

#include <string>

#include "backends/temporary_directory.h"

namespace spark::testing {

class QueryDatabase {
 public:
  QueryDatabase();

  // With `--db` it is what a command reads. Closed: nobody writes to it.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Of the first and the second run.
  [[nodiscard]] const std::string& failed_id() const noexcept { return failed_id_; }
  [[nodiscard]] const std::string& completed_id() const noexcept { return completed_id_; }
  [[nodiscard]] TemporaryDirectory& directory() noexcept { return directory_; }

 private:
  TemporaryDirectory directory_;
  std::string path_;
  std::string failed_id_;
  std::string completed_id_;
};

}  // namespace spark::testing
