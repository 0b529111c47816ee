#include "apps/sparktel/demo/temporary_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "spark/base/error.h"

namespace spark::sparktel {

std::string make_temporary_folder() {
  std::string folder = (std::filesystem::temp_directory_path() / "sparktel-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    throw Error(ErrorCode::unavailable, "cannot make a folder like " + folder + ": " + std::strerror(errno));
  }
  return folder;
}

}  // namespace spark::sparktel
