#include "spark/propagation/baggage.h"

#include <algorithm>
#include <utility>

#include "propagation/header_text.h"
#include "spark/base/error.h"
#include "spark/base/utf8.h"
#include "telemetry/header_rules.h"

namespace spark {

namespace {

// What may stand in a value as it is.
bool is_baggage_octet(char c) noexcept { return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\'; }

// A property is a token, or a token with a value.
bool is_property(std::string_view text) noexcept {
  const std::size_t equals = text.find('=');
  if (!detail::is_token(detail::trimmed(text.substr(0, equals)))) return false;
  if (equals == std::string_view::npos) return true;
  const std::string_view value = detail::trimmed(text.substr(equals + 1));
  return std::all_of(value.begin(), value.end(), is_baggage_octet);
}

bool are_properties(std::string_view text) noexcept {
  while (!text.empty()) {
    if (!is_property(detail::trimmed(detail::take_until(text, ';')))) return false;
  }
  return true;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A percent sign that is followed by no two digits stands for itself; octets that are no UTF-8 become U+FFFD.
std::string decoded(std::string_view text) {
  std::string octets;
  octets.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      octets += static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
      i += 2;
    } else {
      octets += text[i];
    }
  }
  std::string result;
  append_storable_utf8(result, octets);
  return result;
}

bool stays(char c) noexcept { return is_baggage_octet(c) && c != '%'; }

std::size_t encoded_size(std::string_view value) noexcept {
  const auto kept = static_cast<std::size_t>(std::count_if(value.begin(), value.end(), stays));
  return kept + 3 * (value.size() - kept);
}

void append_encoded(std::string& out, std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : value) {
    if (stays(c)) {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out.append({'%', digits[octet >> 4], digits[octet & 15]});
  }
}

// With the comma in front of it or behind it.
std::size_t written_size(const Baggage::Member& member) noexcept {
  return member.key.size() + 1 + encoded_size(member.value) +
         (member.properties.empty() ? 0 : 1 + member.properties.size()) + 1;
}

std::optional<Baggage::Member> parse_member(std::string_view text) {
  std::string_view properties = text;
  const std::string_view pair = detail::take_until(properties, ';');
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view key = detail::trimmed(pair.substr(0, equals)),
                         value = detail::trimmed(pair.substr(equals + 1));
  properties = detail::trimmed(properties);
  if (!detail::is_token(key) || !std::all_of(value.begin(), value.end(), is_baggage_octet)) return std::nullopt;
  if (!are_properties(properties)) return std::nullopt;
  return Baggage::Member{std::string(key), decoded(value), std::string(properties)};
}

}  // namespace

Baggage Baggage::parse(std::span<const std::string_view> headers) {
  Baggage baggage;
  for (std::string_view rest : headers) {
    while (!rest.empty()) {
      const std::string_view text = detail::trimmed(detail::take_until(rest, ','));
      if (text.empty()) continue;
      std::optional<Member> member;
      if (text.size() <= max_bytes) member = parse_member(text);
      if (!member || !baggage.put(std::move(*member))) ++baggage.left_out_;
    }
  }
  return baggage;
}

std::optional<std::string_view> Baggage::find(std::string_view key) const noexcept {
  for (const Member& member : members_) {
    if (member.key == key) return member.value;
  }
  return std::nullopt;
}

bool Baggage::set(std::string key, std::string value, std::string properties) {
  if (!detail::is_token(key)) throw Error(ErrorCode::invalid_argument, "no key of a baggage: " + key);
  if (!are_properties(properties)) {
    throw Error(ErrorCode::invalid_argument, "no properties of a baggage's member: " + properties);
  }
  std::string storable;
  append_storable_utf8(storable, value);
  Member member;
  member.key = std::move(key);
  member.value = std::move(storable);
  member.properties = std::move(properties);
  return put(std::move(member));
}

bool Baggage::put(Member member) {
  const auto same = std::find_if(members_.begin(), members_.end(),
                                 [&member](const Member& other) { return other.key == member.key; });
  const bool is_new = same == members_.end();
  const std::size_t bytes = bytes_ + written_size(member) - (is_new ? 0 : written_size(*same));
  // The last member has no comma behind it.
  if (bytes > max_bytes + 1 || (is_new && members_.size() == max_members)) return false;
  if (is_new) {
    members_.push_back(std::move(member));
  } else {
    *same = std::move(member);
  }
  bytes_ = bytes;
  return true;
}

void Baggage::erase(std::string_view key) {
  std::erase_if(members_, [this, key](const Member& member) {
    if (member.key != key) return false;
    bytes_ -= written_size(member);
    return true;
  });
}

std::string Baggage::to_string() const {
  std::string text;
  text.reserve(bytes_);
  for (const Member& member : members_) {
    if (!text.empty()) text += ',';
    text.append(member.key).append("=");
    append_encoded(text, member.value);
    if (!member.properties.empty()) text.append(";").append(member.properties);
  }
  return text;
}

}  // namespace spark
