#include "apps/sparktel/terminal/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {

namespace {

constexpr std::chrono::nanoseconds patience = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds between_lines = std::chrono::milliseconds(200);

void write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

Progress::Progress(std::string verb, std::string noun, Clock& clock)
    : verb_(std::move(verb)),
      noun_(std::move(noun)),
      clock_(clock),
      next_(clock.steady_now() + patience),
      is_terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (is_shown_) write("\r\x1b[K");
}

void Progress::update(std::uint64_t count, double share) {
  if (!is_terminal_) return;
  const std::chrono::nanoseconds now = clock_.steady_now();
  if (now < next_) return;
  next_ = now + between_lines;
  std::string line = verb_ + " " + format_count(count) + " " + noun_;
  if (share >= 0) line += fmt::format(", {:.0f} %", std::clamp(share, 0.0, 1.0) * 100);
  write("\r" + line + "\x1b[K");
  is_shown_ = true;
}

}  // namespace spark::sparktel
