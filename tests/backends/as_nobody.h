// Root may do everything, so what needs a lack of permission runs as nobody until the end of the scope. Without an
// effect for other users.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace spark::testing {

class AsNobody {
 public:
  AsNobody() : was_root_(::geteuid() == 0) {
    if (was_root_ && ::seteuid(65'534) != 0) throw std::runtime_error("cannot become nobody");
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  ~AsNobody() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_;
};

}  // namespace spark::testing
