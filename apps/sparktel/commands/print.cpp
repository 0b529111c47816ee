#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/terminal/stop_signal.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"

namespace spark::sparktel {

void print(std::string_view text) {
  // Tables are harmless already; JSON keeps what it is given.
  std::string safe;
  if (::isatty(STDOUT_FILENO) == 1) text = safe = harmless(text, true);
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) end_by_broken_pipe();
  throw Error(ErrorCode::unavailable, std::string("cannot write to standard output: ") + std::strerror(errno));
}

}  // namespace spark::sparktel
