// Secret holds a password, a connection string or a header value. It does not print, does not convert, and compares
// without showing where two differ; reveal() is the one way in, easy to search for. A copyable value.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace spark {

class Secret {
 public:
  Secret() = default;
  Secret(std::string value) : value_(std::move(value)) {}  // NOLINT: implicit, so that options read naturally
  Secret(const char* value) : value_(value) {}             // NOLINT

  // The view lives as long as this object is not changed.
  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  bool operator==(const Secret&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Secret& secret) {
    return out << (secret.empty() ? "(none)" : "(secret)");
  }

 private:
  std::string value_;
};

}  // namespace spark
