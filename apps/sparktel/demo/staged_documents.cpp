#include "apps/sparktel/demo/staged_documents.h"

#include <filesystem>
#include <fstream>
#include <string_view>

#include "apps/sparktel/demo/temporary_folder.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

constexpr std::string_view late_text =
    "This file was not there when its run began. The first try to read it failed. Then it was written. The graph "
    "waited a "
    "moment and tried again, as the policy of its node says, and this time there was a text to read.\n";
constexpr std::string_view slow_text =
    "This text is short, but the demo says that its words take an hour to look up. Nobody waits that long. The node "
    "has a "
    "tenth of a second; then its error edge leads to another one, which looks at the first words alone, and the report "
    "is complete all the same.\n";

void write(const std::string& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(ErrorCode::unavailable, "cannot write " + path);
}

}  // namespace

StagedDocuments::StagedDocuments()
    : folder_(make_temporary_folder()), late_(folder_ + "/late.txt"), slow_(folder_ + "/slow.txt") {
  write(slow_, slow_text);
}

StagedDocuments::~StagedDocuments() {
  std::error_code ignored;  // they are temporary files
  std::filesystem::remove_all(folder_, ignored);
}

void StagedDocuments::after_failed_load(const std::string& path) const {
  if (path == late_) write(late_, late_text);
}

Seconds StagedDocuments::readability_delay(const std::string& path) const noexcept {
  return path == slow_ ? Seconds(3600) : Seconds(0);
}

}  // namespace spark::sparktel
