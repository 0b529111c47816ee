#include "backends/otlp/redaction.h"

#include <algorithm>
#include <cstdlib>

#include "telemetry/cleaning.h"

namespace spark::detail::otlp {
namespace {

// Shorter ones are no secrets, and hiding each "1" would make nonsense of the message.
constexpr std::size_t shortest_value = 4;
constexpr std::size_t shortest_word = 8;

// Only what may be shown is looked at, so that an answer of megabytes costs no more than a short one.
constexpr std::size_t longest_looked_at = 8 * Redaction::longest_bytes;

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

// Where libcurl finds the address of a proxy, which it repeats when it makes nothing of it.
constexpr const char* proxy_variables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

// "user:password" of an address; empty if there is none.
std::string_view credentials_of(std::string_view address) {
  const auto scheme_end = address.find("://");
  const std::size_t begin = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const auto end = address.rfind('@');
  return end == std::string_view::npos || end < begin ? std::string_view() : address.substr(begin, end - begin);
}

}  // namespace

Redaction::Redaction(const SignalSettings& settings) {
  for (const auto& [name, value] : settings.headers) hide(value.reveal());
  hide(std::string_view(settings.url).substr(settings.shown_url.size()));
  for (const char* const variable : proxy_variables) {
    const char* const address = std::getenv(variable);
    const std::string_view credentials = address == nullptr ? std::string_view() : credentials_of(address);
    hide(credentials);
    hide(credentials.substr(std::min(credentials.find(':') + 1, credentials.size())));
  }
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
  const std::size_t longest_hidden = hidden_.empty() ? 0 : hidden_.front().size();
  const bool is_long = text.size() > longest_looked_at + longest_hidden;
  std::string result(text.substr(0, longest_looked_at + longest_hidden));
  for (const std::string& hidden : hidden_) replace_all(result, hidden, "(secret)");
  // The end of what was looked at may be the beginning of a secret.
  if (is_long) result.resize(result.size() - std::min(result.size(), longest_hidden));
  const bool is_cut = is_long || result.size() > longest_bytes;
  if (result.size() > longest_bytes) result.resize(longest_bytes);
  std::replace_if(
      result.begin(), result.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  repair(result);
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return is_cut ? result + "…" : result;
}

}  // namespace spark::detail::otlp
