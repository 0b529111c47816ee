// Progress says on standard error how far something has come, once it takes longer than a second, in one line that is
// written over and removed at the end. Silent where standard error is no terminal. For one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "spark/base/clock.h"

namespace spark::sparktel {

class Progress {
 public:
  // `verb` reads "exported", `noun` "records". The clock must outlive this.
  Progress(std::string verb, std::string noun, Clock& clock = system_clock());
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  // `share` is of the whole, 0 to 1, or negative if nobody knows. Cheap enough for every record.
  void update(std::uint64_t count, double share = -1);

 private:
  std::string verb_;
  std::string noun_;
  Clock& clock_;
  std::chrono::nanoseconds next_;  // when to write again
  bool is_terminal_;
  bool is_shown_ = false;
};

}  // namespace spark::sparktel
