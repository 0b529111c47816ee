#include "spark/propagation/trace_state.h"

#include <algorithm>

#include "propagation/header_text.h"
#include "spark/base/error.h"

namespace spark {

namespace {

using detail::is_lower_or_digit;

bool is_key_character(char c) noexcept { return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/'; }

bool is_key_part(std::string_view part, std::size_t most) noexcept {
  return !part.empty() && part.size() <= most && is_lower_or_digit(part.front()) &&
         std::all_of(part.begin(), part.end(), is_key_character);
}

// Either a name, or a tenant at a system.
bool is_key(std::string_view key) noexcept {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return is_key_part(key, TraceState::max_key_bytes);
  constexpr std::size_t max_tenant_bytes = 241, max_system_bytes = 14;
  const std::string_view system = key.substr(at + 1);
  return is_key_part(key.substr(0, at), max_tenant_bytes) && is_key_part(system, max_system_bytes) &&
         (system.front() < '0' || system.front() > '9');
}

bool is_value(std::string_view value) noexcept {
  return !value.empty() && value.size() <= TraceState::max_value_bytes && value.back() != ' ' &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

std::size_t size_of(const TraceState::Member& member) noexcept {
  return member.first.size() + 1 + member.second.size();
}

}  // namespace

std::optional<TraceState> TraceState::parse(std::span<const std::string_view> headers) {
  TraceState state;
  std::size_t count = 0;
  for (std::string_view rest : headers) {
    while (!rest.empty()) {
      const std::string_view member = detail::trimmed(detail::take_until(rest, ','));
      if (member.empty()) continue;
      if (++count > max_members) return std::nullopt;
      const std::size_t equals = member.find('=');
      if (equals == std::string_view::npos) return std::nullopt;
      const std::string_view key = member.substr(0, equals), value = member.substr(equals + 1);
      if (!is_key(key) || !is_value(value)) return std::nullopt;
      if (!state.find(key)) state.members_.emplace_back(key, value);
    }
  }
  return state;
}

std::optional<std::string_view> TraceState::find(std::string_view key) const noexcept {
  const auto found = std::find_if(members_.begin(), members_.end(), [key](const Member& m) { return m.first == key; });
  if (found == members_.end()) return std::nullopt;
  return found->second;
}

void TraceState::set(std::string key, std::string value) {
  if (!is_key(key)) throw Error(ErrorCode::invalid_argument, "no key of a tracestate: " + key);
  if (!is_value(value)) throw Error(ErrorCode::invalid_argument, "no value of a tracestate for the key " + key);
  erase(key);
  members_.emplace(members_.begin(), std::move(key), std::move(value));
  if (members_.size() > max_members) members_.pop_back();
}

void TraceState::erase(std::string_view key) {
  std::erase_if(members_, [key](const Member& member) { return member.first == key; });
}

std::string TraceState::to_string() const {
  constexpr std::size_t long_member = 128;
  std::size_t size = 0;  // with a comma behind each
  std::vector<const Member*> kept;
  for (const Member& member : members_) {
    size += size_of(member) + 1;
    kept.push_back(&member);
  }
  for (const bool only_long : {true, false}) {
    for (std::size_t i = kept.size(); i-- > 0 && size > max_propagated_bytes + 1;) {
      const std::size_t own = size_of(*kept[i]);
      if (only_long && own <= long_member) continue;
      size -= own + 1;
      kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  std::string text;
  for (const Member* const member : kept) {
    if (!text.empty()) text += ',';
    text.append(member->first).append("=").append(member->second);
  }
  return text;
}

}  // namespace spark
