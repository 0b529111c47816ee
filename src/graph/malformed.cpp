#include "graph/malformed.h"

#include <algorithm>
#include <charconv>

#include "spark/base/error.h"
#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::detail {

namespace {

constexpr std::size_t most_quoted_bytes = 100;

[[noreturn]] void refuse_type(const Value& value, std::string_view place, std::string_view wanted) {
  refuse(place, shown(value).append(" is not ").append(wanted));
}

}  // namespace

void refuse(std::string_view place, std::string_view what) {
  throw Error(ErrorCode::invalid_argument, std::string(place).append(": ").append(what));
}

void refuse_value(std::string_view place, std::string_view value, std::string_view allowed) {
  throw Error(ErrorCode::invalid_argument,
              std::string(place).append(" is ").append(value).append(", allowed is ").append(allowed));
}

void require_range(std::string_view place, double value, double lowest, double highest) {
  if (value >= lowest && value <= highest) return;
  refuse_value(place, shown(value), shown(lowest) + " to " + shown(highest));
}

void require_range(std::string_view place, std::int64_t value, std::int64_t lowest, std::int64_t highest) {
  if (value >= lowest && value <= highest) return;
  refuse_value(place, std::to_string(value), std::to_string(lowest) + " to " + std::to_string(highest));
}

std::string quoted(std::string_view text) {
  const std::string_view prefix = utf8_prefix(text, most_quoted_bytes);
  std::string result;
  append_json_string(result, prefix);
  if (prefix.size() < text.size()) result.insert(result.size() - 1, "…");
  return result;
}

std::string shown(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string shown(const Value& value) {
  switch (value.type()) {
    case ValueType::null:
    case ValueType::boolean:
    case ValueType::integer:
      return to_json(value);
    case ValueType::number:
      return shown(value.as_double());
    case ValueType::string:
      return quoted(value.as_string());
    case ValueType::bytes:
      return "a sequence of bytes";
    case ValueType::array:
      return "an array";
    case ValueType::object:
      return "an object";
  }
  return "a value";
}

std::string joined(std::span<const std::string_view> names) {
  std::string result;
  for (const std::string_view name : names) result.append(result.empty() ? "" : ", ").append(name);
  return result;
}

std::string member_place(std::string_view place, std::string_view key) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  const bool plain = key.size() <= most_quoted_bytes && std::all_of(key.begin(), key.end(), is_plain);
  return std::string(place).append(".").append(plain && !key.empty() ? std::string(key) : quoted(key));
}

std::string element_place(std::string_view place, std::size_t index) {
  return std::string(place).append("[").append(std::to_string(index)).append("]");
}

const Object& object_at(const Value& value, std::string_view place) {
  if (!value.is_object()) refuse_type(value, place, "an object");
  return value.as_object();
}

const Array& array_at(const Value& value, std::string_view place) {
  if (!value.is_array()) refuse_type(value, place, "an array");
  return value.as_array();
}

const std::string& string_at(const Value& value, std::string_view place) {
  if (!value.is_string()) refuse_type(value, place, "a string");
  return value.as_string();
}

std::int64_t int_at(const Value& value, std::string_view place) {
  if (!value.is_int()) refuse_type(value, place, "a whole number");
  return value.as_int();
}

double number_at(const Value& value, std::string_view place) {
  if (!value.is_number()) refuse_type(value, place, "a number");
  return value.as_double();
}

void require_members(const Object& object, std::string_view place, std::span<const std::string_view> known) {
  for (const auto& member : object) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    refuse(member_place(place, member.key), "there is no such member, only " + joined(known));
  }
}

}  // namespace spark::detail
