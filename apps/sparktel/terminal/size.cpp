#include "apps/sparktel/terminal/size.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

struct SizeUnit {
  std::string_view name;
  double bytes;
};
constexpr std::array<SizeUnit, 5> units_of_1000{{{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}};
constexpr std::array<SizeUnit, 5> other_units{
    {{"KB", 1e3}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}}};

}  // namespace

std::string format_size(std::uint64_t bytes) {
  for (const SizeUnit& unit : units_of_1000) {
    const double value = static_cast<double>(bytes) / unit.bytes;
    // The bounds are where rounding would give a fourth digit.
    if (value >= 999.5 && unit.name != units_of_1000.back().name) continue;
    const int digits = unit.bytes == 1 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return fmt::format("{:.{}f} {}", value, digits, unit.name);
  }
  return {};
}

std::uint64_t parse_size(std::string_view text) {
  constexpr double most = 1e18;
  double number = 0;
  const char* const end = text.data() + text.size();
  const bool has_digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (name.starts_with(' ')) name.remove_prefix(1);
  if (has_digit && error == std::errc()) {
    for (const auto& units : {units_of_1000, other_units}) {
      for (const SizeUnit& unit : units) {
        const double bytes = number * unit.bytes;
        if (unit.name == name && bytes >= 1 && bytes <= most) return static_cast<std::uint64_t>(bytes);
      }
    }
  }
  throw Error(ErrorCode::invalid_argument,
              "\"" + printable(text) +
                  "\" is no size: expected a number with a unit of B, kB, MB, GB, TB, KiB, MiB, GiB "
                  "or TiB, for example 500MB");
}

}  // namespace spark::sparktel
