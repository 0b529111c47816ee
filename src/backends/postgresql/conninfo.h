// A connection string taken apart once: libpq's own parameters, ours, and what may be shown of it. A value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/backends/postgresql.h"

namespace spark::detail::postgresql {

struct Target {
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  // Keywords and values for libpq. They hold passwords: not for messages.
  Pairs parameters = {};
  // The same for each host alone, since it is only by us that libpq turns from one that is silent to the next; or for
  // all, where libpq is to choose among them.
  std::vector<Pairs> hosts = {};
  std::string database = {};     // "host:port/database"
  std::string description = {};  // the same and " as user"
  Seconds connect_timeout{5};    // to one host
};

// The options with what the connection string says of them.
struct Settings {
  PostgresqlOptions options = {};
  Target target = {};
};

// Throws Error(invalid_argument) naming the option or parameter, and never a value that may be a secret.
[[nodiscard]] Settings resolve_settings(const PostgresqlOptions& options);

// A message without any of the secrets (empty ones are none).
[[nodiscard]] std::string scrubbed(std::string message, const std::vector<std::string>& secrets);

}  // namespace spark::detail::postgresql
