// StagedDocuments are two texts that go wrong on purpose, so that the demo has something to recover from: late.txt,
// which is written only after somebody has failed to read it, and slow.txt, whose readability takes longer than anybody
// waits. The demo makes them; they are in a folder of their own for temporary files, which goes with them. Calls are
// safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "spark/base/clock.h"

namespace spark::sparktel {

class StagedDocuments {
 public:
  // Throws Error(unavailable) if the folder or a file cannot be made.
  StagedDocuments();
  ~StagedDocuments();
  StagedDocuments(const StagedDocuments&) = delete;
  StagedDocuments& operator=(const StagedDocuments&) = delete;

  [[nodiscard]] std::vector<std::string> paths() const { return {late_, slow_}; }
  // Writes the late one if it is the one that could not be read. Throws as the constructor.
  void after_failed_load(const std::string& path) const;
  // An hour for the slow one, else nothing.
  [[nodiscard]] Seconds readability_delay(const std::string& path) const noexcept;

 private:
  std::string folder_;
  std::string late_;
  std::string slow_;
};

}  // namespace spark::sparktel
