#include "backends/postgresql/stop_signal.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "spark/base/error.h"

namespace spark::detail::postgresql {

StopSignal::StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (descriptor_ < 0) throw Error(ErrorCode::unavailable, "a PostgreSQL store cannot be made: no descriptor is left");
}

StopSignal::~StopSignal() { ::close(descriptor_); }

void StopSignal::set() noexcept {
  is_set_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  // It cannot fail: the counter is far from its end.
  [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

}  // namespace spark::detail::postgresql
