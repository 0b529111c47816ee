#include "backends/otlp/redaction.h"

#include <algorithm>

#include "telemetry/cleaning.h"

namespace spark::detail::otlp {
namespace {

// Shorter ones are no secrets, and hiding each "1" would make nonsense of the message.
constexpr std::size_t shortest_value = 4;
constexpr std::size_t shortest_word = 8;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

Redaction::Redaction(const SignalSettings& settings) {
  for (const auto& [name, value] : settings.headers) hide(value.reveal());
  hide(std::string_view(settings.url).substr(settings.shown_url.size()));
  std::sort(hidden_.begin(), hidden_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

void Redaction::hide(std::string_view value) {
  if (value.size() >= shortest_value) hidden_.emplace_back(value);
  for (std::size_t begin = 0; begin < value.size();) {
    const auto end = std::min(value.find_first_of(" ,;=?&", begin), value.size());
    if (end - begin >= shortest_word) hidden_.emplace_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string Redaction::shown(std::string_view text) const {
  // Hidden before it is cut: half a secret would not be recognized.
  std::string result(text);
  for (const std::string& hidden : hidden_) replace_all(result, hidden, "(secret)");
  const bool is_cut = result.size() > longest_bytes;
  if (is_cut) result.resize(longest_bytes);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  repair(result);
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return is_cut ? result + "…" : result;
}

}  // namespace spark::detail::otlp
