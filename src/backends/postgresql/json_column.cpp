#include "backends/postgresql/json_column.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "base/json_tags.h"
#include "base/utf8_sequence.h"
#include "spark/base/json.h"

namespace spark::detail::postgresql {
namespace {

void append_double(std::string& out, double value) {
  if (!std::isfinite(value) || std::trunc(value) != value) return append_json_double(out, value);
  char text[400];  // the largest double has 309 digits
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr;
  out.append(text, end);
  out += ".0";
}

void append_view(std::string& out, const ValueView& value) {
  switch (value.type()) {
    case ValueType::null:
      out += "null";
      return;
    case ValueType::boolean:
      out += value.boolean() ? "true" : "false";
      return;
    case ValueType::integer: {
      char text[24];
      out.append(text, std::to_chars(text, text + sizeof text, value.integer()).ptr);
      return;
    }
    case ValueType::number:
      return append_double(out, value.number());
    case ValueType::string:
      return append_json_string(out, value.text());
    case ValueType::bytes:
    case ValueType::array:
    case ValueType::object:
      return append_column_json(out, value.nested());
  }
}

void append_array(std::string& out, const Array& array) {
  char before = '[';
  for (const Value& element : array) {
    out.push_back(before);
    before = ',';
    append_column_json(out, element);
  }
  out += array.empty() ? "[]" : "]";
}

void open_tag(std::string& out, std::string_view tag) { (out += "{\"").append(tag).append("\":"); }

}  // namespace

void append_column_json(std::string& out, const Value& value) {
  if (value.is_array()) return append_array(out, value.as_array());
  if (value.is_object()) return append_column_json(out, value.as_object());
  // Tagged base64 has no number in it.
  if (value.type() == ValueType::bytes) return append_json(out, value);
  append_view(out, ValueView(value));
}

void append_column_json(std::string& out, const Object& object) {
  const bool is_wrapped = object.size() == 1 && looks_like_tag(object.begin()->key);
  if (is_wrapped) open_tag(out, object_tag);
  char before = '{';
  for (const Object::Member& member : object) {
    out.push_back(before);
    before = ',';
    append_json_string(out, member.key);
    out.push_back(':');
    append_column_json(out, member.value);
  }
  out += object.empty() ? "{}" : "}";
  if (is_wrapped) out.push_back('}');
}

// The server sorts the keys by itself.
void append_column_json(std::string& out, AttributesView attributes) {
  const bool is_wrapped = attributes.size() == 1 && looks_like_tag(attributes.front().key);
  if (is_wrapped) open_tag(out, object_tag);
  char before = '{';
  for (const AttributeView& attribute : attributes) {
    out.push_back(before);
    before = ',';
    append_json_string(out, attribute.key);
    out.push_back(':');
    append_view(out, attribute.value);
  }
  out += attributes.empty() ? "{}" : "}";
  if (is_wrapped) out.push_back('}');
}

bool is_storable(std::string_view text) noexcept {
  for (std::size_t position = 0; position < text.size();) {
    if (text[position] == '\0') return false;
    const auto sequence = utf8_sequence_at(text, position);
    if (!sequence.well_formed) return false;
    position += sequence.size;
  }
  return true;
}

bool is_storable(const Value& value) noexcept {
  if (value.is_string()) return is_storable(std::string_view(value.as_string()));
  if (value.is_array()) {
    return std::all_of(value.as_array().begin(), value.as_array().end(),
                       [](const Value& element) { return is_storable(element); });
  }
  if (!value.is_object()) return true;
  const Object& object = value.as_object();
  return std::all_of(object.begin(), object.end(), [](const Object::Member& member) {
    return is_storable(std::string_view(member.key)) && is_storable(member.value);
  });
}

std::string in_ascii(std::string_view storable_text) {
  std::string out;
  const auto append_unit = [&](std::uint32_t unit) {
    constexpr const char* digits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[unit >> shift & 0xF]);
  };
  for (std::size_t position = 0; position < storable_text.size();) {
    const std::size_t size = utf8_sequence_at(storable_text, position).size;
    const auto first = static_cast<std::uint8_t>(storable_text[position]);
    if (size == 1) {
      out.push_back(storable_text[position]);
    } else {
      std::uint32_t character = first & (0x7FU >> size);
      for (std::size_t i = 1; i < size; ++i) {
        character = character << 6 | (static_cast<std::uint8_t>(storable_text[position + i]) & 0x3FU);
      }
      if (character > 0xFFFF) append_unit(0xD7C0 + (character >> 10));
      append_unit(character > 0xFFFF ? 0xDC00 + (character & 0x3FF) : character);
    }
    position += size;
  }
  return out;
}

bool holds_nan(const Value& value) noexcept {
  if (value.is_double()) return std::isnan(value.as_double());
  if (value.is_array()) {
    return std::any_of(value.as_array().begin(), value.as_array().end(),
                       [](const Value& element) { return holds_nan(element); });
  }
  if (!value.is_object()) return false;
  const Object& object = value.as_object();
  return std::any_of(object.begin(), object.end(),
                     [](const Object::Member& member) { return holds_nan(member.value); });
}

}  // namespace spark::detail::postgresql
