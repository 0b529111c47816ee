#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/base64.h"
#include "base/json_tags.h"
#include "base/utf8_sequence.h"
#include "spark/base/json.h"

namespace spark {
namespace {

void append_json_int(std::string& out, std::int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

// True for what stands in a JSON string as it is and is one byte long.
constexpr bool is_plain(char c) noexcept {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_escaped(std::string& out, char c) {
  constexpr char digits[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    default:
      break;
  }
  const auto byte = static_cast<std::uint8_t>(c);
  const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
  out.append(escape, sizeof escape);
}

class ValueWriter {
 public:
  ValueWriter(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void write(const Value& value) {
    switch (value.type()) {
      case ValueType::null:
        out_.append("null");
        return;
      case ValueType::boolean:
        out_.append(value.as_bool() ? "true" : "false");
        return;
      case ValueType::integer:
        append_json_int(out_, value.as_int());
        return;
      case ValueType::number:
        append_json_double(out_, value.as_double());
        return;
      case ValueType::string:
        append_json_string(out_, value.as_string());
        return;
      case ValueType::bytes:
        write_bytes(value.as_bytes());
        return;
      case ValueType::array:
        write(value.as_array());
        return;
      case ValueType::object:
        write(value.as_object());
        return;
    }
  }

  void write(const Object& object) {
    const bool wrap = object.size() == 1 && detail::looks_like_tag(object.begin()->key);
    if (wrap) open_tag(detail::object_tag);
    write_members(object);
    if (wrap) out_.push_back('}');
  }

 private:
  void write(const Array& array) {
    if (array.empty()) {
      out_.append("[]");
      return;
    }
    char before = '[';
    ++depth_;
    for (const Value& element : array) {
      out_.push_back(before);
      before = ',';
      new_line();
      write(element);
    }
    --depth_;
    new_line();
    out_.push_back(']');
  }

  void write_members(const Object& object) {
    if (object.empty()) {
      out_.append("{}");
      return;
    }
    char before = '{';
    ++depth_;
    for (const Object::Member& member : object) {
      out_.push_back(before);
      before = ',';
      new_line();
      append_json_string(out_, member.key);
      out_.append(pretty_ ? ": " : ":");
      write(member.value);
    }
    --depth_;
    new_line();
    out_.push_back('}');
  }

  void write_bytes(const Bytes& bytes) {
    open_tag(detail::bytes_tag);
    out_.push_back('"');
    detail::append_base64(out_, bytes.octets);
    out_.append("\"}");
  }

  // A tag stays on its line: to the reader it is one value.
  void open_tag(std::string_view tag) { out_.append("{\"").append(tag).append(pretty_ ? "\": " : "\":"); }

  void new_line() {
    if (pretty_) out_.append(1, '\n').append(2 * depth_, ' ');
  }

  std::string& out_;
  const bool pretty_;
  std::size_t depth_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t run_start = 0, position = 0;
  while (position < text.size()) {
    if (is_plain(text[position])) {
      ++position;
      continue;
    }
    const auto sequence = detail::utf8_sequence_at(text, position);
    if (sequence.size > 1 && sequence.well_formed) {
      position += sequence.size;
      continue;
    }
    out.append(text, run_start, position - run_start);
    if (sequence.well_formed) {
      append_escaped(out, text[position]);
    } else {
      out.append(detail::replacement_character);
    }
    position += sequence.size;
    run_start = position;
  }
  out.append(text, run_start, position - run_start);
  out.push_back('"');
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append("{\"").append(detail::double_tag).append("\":\"");
    out.append(std::isnan(value) ? detail::not_a_number : value > 0 ? detail::infinity : detail::negative_infinity);
    out.append("\"}");
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  const std::string_view digits(text, static_cast<std::size_t>(end - text));
  out.append(digits);
  if (digits.find_first_of(".e") == std::string_view::npos) out.append(".0");
}

void append_json(std::string& out, const Value& value) { ValueWriter(out, false).write(value); }
void append_json(std::string& out, const Object& object) { ValueWriter(out, false).write(object); }

std::string to_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string to_json(const Object& object) {
  std::string out;
  append_json(out, object);
  return out;
}

std::string to_pretty_json(const Value& value) {
  std::string out;
  ValueWriter(out, true).write(value);
  return out;
}

}  // namespace spark
