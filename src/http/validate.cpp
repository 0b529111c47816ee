#include "http/validate.h"

#include <cstdint>
#include <cstdio>
#include <string>

#include "spark/async/executor.h"
#include "spark/base/error.h"

namespace spark::http {

namespace {

[[noreturn]] void refuse(const std::string& field, const std::string& value, const std::string& allowed) {
  throw Error(ErrorCode::invalid_argument, "ServerOptions::" + field + " is " + value + ", must be " + allowed);
}

void check_count(const char* field, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  if (value >= least && value <= most) return;
  refuse(field, std::to_string(value), "from " + std::to_string(least) + " to " + std::to_string(most));
}

void check_time(const char* field, Seconds value) {
  if (value > Seconds(0)) return;
  char text[32];
  std::snprintf(text, sizeof text, "%g s", value.count());
  refuse(field, text, "more than 0 s");
}

}  // namespace

void validate(const ServerOptions& options, const Server::Handler& handler) {
  if (!handler) throw Error(ErrorCode::invalid_argument, "a server was made without a handler");
  if (options.host.empty()) refuse("host", "empty", "an address or a name");
  check_count("threads", options.threads, 1, max_executor_threads);
  const ServerLimits& limits = options.limits;
  // The parser counts headers with 32 bits, and the sum of both must not overflow.
  check_count("limits.header_bytes", limits.header_bytes, 256, 1 << 20);
  check_count("limits.body_bytes", limits.body_bytes, 0, std::uint64_t{1} << 40);
  check_count("limits.total_body_bytes", limits.total_body_bytes, 1, std::uint64_t{1} << 50);
  check_count("limits.connections", limits.connections, 1, 1'000'000);
  check_count("limits.min_bytes_per_second", limits.min_bytes_per_second, 1, std::uint64_t{1} << 40);
  check_time("limits.handshake_timeout", limits.handshake_timeout);
  check_time("limits.header_timeout", limits.header_timeout);
  check_time("limits.idle_timeout", limits.idle_timeout);
  check_time("limits.body_timeout", limits.body_timeout);
  check_time("limits.write_timeout", limits.write_timeout);
  check_time("limits.linger_timeout", limits.linger_timeout);
  check_time("limits.retry_after", limits.retry_after);
}

}  // namespace spark::http
