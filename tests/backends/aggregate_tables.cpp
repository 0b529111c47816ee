#include "backends/aggregate_tables.h"

#include <cmath>

#include "spark/base/json.h"

namespace spark::testing {
namespace {

std::string number_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  std::string out;
  append_json_double(out, number);
  return out.ends_with(".0") ? out.substr(0, out.size() - 2) : out;
}

}  // namespace

std::string keys_text(const Group& group) { return to_json(Value(Array(group.keys.begin(), group.keys.end()))); }

std::string text(const Groups& groups) {
  std::string lines;
  for (const Group& group : groups) {
    lines += keys_text(group) + " " + std::to_string(group.count) + " " + std::to_string(group.errors) + " " +
             std::to_string(group.measured);
    if (group.measured > 0 || group.sum != 0 || !std::isnan(group.p50)) {
      lines += ": " + number_text(group.sum) + " " + number_text(group.mean) + " " + number_text(group.min) + ".." +
               number_text(group.max) + " " + number_text(group.p50) + " " + number_text(group.p90) + " " +
               number_text(group.p95) + " " + number_text(group.p99);
    }
    if (group.percentile_error > 0) lines += " error " + number_text(std::round(group.percentile_error * 1e6) / 1e6);
    lines += "\n";
  }
  return groups.truncated ? lines + "(truncated)\n" : lines;
}

std::string counts(const Groups& groups) {
  std::string out;
  for (const Group& group : groups) {
    out += (out.empty() ? "" : ", ") + keys_text(group) + " " + std::to_string(group.count);
  }
  return groups.truncated ? out + " (truncated)" : out;
}

}  // namespace spark::testing
