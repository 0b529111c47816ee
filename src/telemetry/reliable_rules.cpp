#include "reliable_rules.h"

#include <charconv>
#include <cstdint>

namespace spark {

std::string_view to_string(SpoolPolicy policy) noexcept {
  switch (policy) {
    case SpoolPolicy::drop_newest:
      return "drop_newest";
    case SpoolPolicy::drop_oldest:
      return "drop_oldest";
  }
  return "unknown";
}

namespace detail {
namespace {

constexpr double day = 86'400, hour = 3'600;

std::string number_text(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string fault(std::string_view field, const std::string& value, const std::string& allowed) {
  return std::string(field) + " is " + value + ", allowed is " + allowed;
}

// Written so that NaN is a fault too.
std::string range_fault(std::string_view field, double value, double lowest, double highest) {
  if (value >= lowest && value <= highest) return {};
  return fault(field, number_text(value), number_text(lowest) + " to " + number_text(highest));
}

}  // namespace

std::string reliable_fault(const ReliableOptions& options) {
  const std::string ranges[] = {
      range_fault("initial_backoff", options.initial_backoff.count(), 0.001, day),
      range_fault("factor", options.factor, 1, 100),
      range_fault("max_backoff", options.max_backoff.count(), options.initial_backoff.count(), day),
      range_fault("jitter", options.jitter, 0, 1),
      range_fault("max_retry_after", options.max_retry_after.count(), 0, day),
      range_fault("max_elapsed", options.max_elapsed.count(), 0, day),
      range_fault("failures_to_open", options.failures_to_open, 1, 1'000'000),
      range_fault("probe_interval", options.probe_interval.count(), 0.001, hour),
  };
  for (const std::string& found : ranges) {
    if (!found.empty()) return found;
  }
  constexpr std::size_t least_bytes = 64 << 10;
  if (options.spool_bytes < least_bytes) {
    return fault("spool_bytes", std::to_string(options.spool_bytes), std::to_string(least_bytes) + " or more");
  }
  if (to_string(options.spool_policy) == "unknown") {
    return fault("spool_policy", std::to_string(static_cast<int>(options.spool_policy)), "drop_newest or drop_oldest");
  }
  if (options.spool_path.find('\0') != std::string::npos) {
    return fault("spool_path", "a text with U+0000", "the path of a file");
  }
  if (!options.enabled && !options.spool_path.empty()) {
    return fault("spool_path", options.spool_path, "none where enabled is false");
  }
  return {};
}

}  // namespace detail
}  // namespace spark
