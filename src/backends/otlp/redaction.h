// Redaction makes what a collector or a library says fit for a message: the values of our headers and of
// the address' query, which a server may repeat, are replaced; what is no printable text becomes blanks; and it is cut.
// A plain value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/otlp/settings.h"

namespace spark::detail::otlp {

class Redaction {
 public:
  // Hides each value as a whole, and each long word of it: of "Bearer x" a server may repeat "x" alone.
  explicit Redaction(const SignalSettings& settings);

  // At most `longest_bytes`, then "…".
  [[nodiscard]] std::string shown(std::string_view text) const;

  static constexpr std::size_t longest_bytes = 512;

 private:
  void hide(std::string_view value);

  std::vector<std::string> hidden_;  // the longest first
};

}  // namespace spark::detail::otlp
