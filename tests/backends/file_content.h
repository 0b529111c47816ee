// What is in a file, byte for byte. Not for a database that this process has open: closing the file ends SQLite's locks
// on it.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace spark::testing {

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace spark::testing
