#include "environment_variables.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>

#include "spark/base/error.h"

namespace spark::detail {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Empty if an escape is broken.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

// Whether this text was not given before, as long as there is room to remember it. Without a mutex: a child that was
// forked while another thread had it would wait for ever.
bool is_first(std::string_view text) noexcept {
  constexpr std::size_t most_texts = 64;
  static constinit std::array<std::atomic<std::size_t>, most_texts> said{};  // hashes; 0: free
  const std::size_t hash = std::max<std::size_t>(std::hash<std::string_view>{}(text), 1);
  for (std::atomic<std::size_t>& slot : said) {
    std::size_t found = 0;
    if (slot.compare_exchange_strong(found, hash, std::memory_order_relaxed)) return true;
    if (found == hash) return false;
  }
  return false;
}

}  // namespace

std::string_view environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::string_view() : std::string_view(value);
}

void refuse_variable(std::string_view name, std::string_view why) {
  std::string message = "cannot configure telemetry from ";
  message.append(name).append(": ").append(why);
  throw Error(ErrorCode::invalid_argument, message);
}

void ignore_variable(std::string_view name, std::string_view why) noexcept {
  try {
    std::string warning = "spark telemetry: ";
    warning.append(name).append(" is ignored: ").append(why).push_back('\n');
    if (is_first(warning)) std::fputs(warning.c_str(), stderr);
  } catch (const std::bad_alloc&) {
    // It is ignored all the same.
  }
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

KeyValueList key_value_list(std::string_view list) {
  KeyValueList result;
  std::size_t number = 0;
  const auto fault = [&number](const char* what) {
    return KeyValueList{.fault = "entry " + std::to_string(number) + " " + what};
  };
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto entry = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    ++number;
    if (entry.empty()) continue;
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos) return fault("has no \"=\"");
    auto key = percent_decoded(trimmed(entry.substr(0, equals)));
    auto value = percent_decoded(trimmed(entry.substr(equals + 1)));
    if (!key || !value) return fault("has a \"%\" that two hexadecimal digits do not follow");
    if (key->empty()) return fault("has no name before its \"=\"");
    result.pairs.emplace_back(std::move(*key), std::move(*value));
  }
  return result;
}

}  // namespace spark::detail
