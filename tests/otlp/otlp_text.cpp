#include "otlp/otlp_text.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "otlp/otlp_schema.h"
#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::testing {
namespace {

struct FieldType {
  std::string name;
  std::string type;
  bool is_repeated = false;
  bool has_presence = false;
};
using Message = std::map<std::uint64_t, FieldType>;  // by number

const std::map<std::string, Message>& schema() {
  static const auto messages = [] {
    std::map<std::string, Message> result;
    std::istringstream lines{std::string(otlp_schema)};
    std::string message, name, type;
    std::uint64_t number = 0;
    while (lines >> message >> number >> name >> type) {
      FieldType field{.name = name, .type = type};
      field.is_repeated = name.back() == '*';
      field.has_presence = name.back() == '?';
      if (field.is_repeated || field.has_presence) field.name.pop_back();
      result[message][number] = field;
    }
    return result;
  }();
  return messages;
}

bool is_message(const std::string& type) { return schema().contains(type); }

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error("not the OTLP that was expected: " + why); }

std::string in_quotes(std::string_view text) {
  if (!is_storable_utf8(text) && text.find('\0') == std::string_view::npos) fail("a string is not UTF-8");
  std::string out;
  append_json_string(out, text);
  return out;
}
std::string number_text(double value) {
  std::string out;
  append_json_double(out, value);
  return out;
}

// A field's values as text, by number.
using Fields = std::map<std::uint64_t, std::vector<std::string>>;

// AnyValue and KeyValue are printed as what they stand for.
std::string print(const std::string& message, const Fields& fields) {
  const auto only = [&](std::uint64_t number) { return fields.contains(number) ? fields.at(number).front() : ""; };
  if (message == "KeyValue") {
    if (!fields.contains(2)) fail("an attribute has no value");
    return only(1).substr(1, only(1).size() - 2) + "=" + only(2);
  }
  if (message == "AnyValue") {
    if (fields.size() > 1) fail("an AnyValue has two values");
    return fields.empty() ? "null" : fields.begin()->second.front();
  }
  std::string out;
  for (const auto& [number, values] : fields) {
    const FieldType& field = schema().at(message).at(number);
    for (const std::string& value : values) {
      if (!out.empty()) out += " ";
      if (message == "ArrayValue") {
        out += value;
      } else if (message == "KeyValueList") {
        out += value.substr(1, value.size() - 2);
      } else {
        out += is_message(field.type) && field.type != "AnyValue" ? field.name + value : field.name + "=" + value;
      }
    }
  }
  if (message == "ArrayValue") return "[" + out + "]";
  return "{" + out + "}";
}

// Inside a list of attributes: "{a=1}".
std::string braced(const std::string& type, std::string value) {
  return type == "KeyValue" ? "{" + std::move(value) + "}" : value;
}

void check_default(const FieldType& field, bool is_default) {
  if (is_default && !field.is_repeated && !field.has_presence) fail(field.name + " is there with its default value");
}

class Octets {
 public:
  explicit Octets(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) fail("cut short");
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1).front());
      value |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) {
        if (byte == 0 && shift != 0) fail("a varint is longer than it must be");
        return value;
      }
    }
    fail("a varint does not end");
  }
  template <class T>
  T fixed() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }

 private:
  std::string_view rest_;
};

std::string read_message(const std::string& message, std::string_view bytes);

std::string packed_text(std::string_view bytes) {
  std::string out;
  for (Octets rest(bytes); !rest.empty();) out += (out.empty() ? "" : ",") + std::to_string(rest.varint());
  return out;
}

std::string read_field(const FieldType& field, std::uint64_t wire_type, Octets& bytes) {
  const std::string& type = field.type;
  const auto expect = [&](std::uint64_t wanted) {
    if (wire_type != wanted) fail(field.name + " has wire type " + std::to_string(wire_type));
  };
  if (type == "fixed64" || type == "double") {
    expect(1);
    const auto value = bytes.fixed<std::uint64_t>();
    check_default(field, value == 0);
    return type == "double" ? number_text(std::bit_cast<double>(value)) : std::to_string(value);
  }
  if (type == "fixed32") {
    expect(5);
    const auto value = bytes.fixed<std::uint32_t>();
    check_default(field, value == 0);
    return std::to_string(value);
  }
  if (type == "enum" || type == "bool" || type == "int64" || type == "sint32") {
    expect(0);
    const std::uint64_t value = bytes.varint();
    check_default(field, value == 0);
    if (type == "bool") return value == 1 ? "true" : value == 0 ? "false" : (fail("a bool is neither"), "");
    if (type == "sint32")
      return std::to_string(static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1));
    return type == "enum" ? std::to_string(value) : std::to_string(static_cast<std::int64_t>(value));
  }
  expect(2);
  const std::string_view content = bytes.take(bytes.varint());
  if (is_message(type)) return braced(type, read_message(type, content));
  check_default(field, content.empty());
  if (type == "string") return in_quotes(content);
  if (type == "packed") return packed_text(content);
  return type == "bytes" ? "b'" + hex(content) + "'" : hex(content);
}

std::string read_message(const std::string& message, std::string_view content) {
  const Message& type = schema().at(message);
  Fields fields;
  for (Octets bytes(content); !bytes.empty();) {
    const std::uint64_t tag = bytes.varint();
    const auto field = type.find(tag >> 3);
    if (field == type.end()) fail(message + " has no field " + std::to_string(tag >> 3));
    auto& values = fields[tag >> 3];
    if (!values.empty() && !field->second.is_repeated) fail(field->second.name + " is there twice");
    values.push_back(read_field(field->second, tag & 7, bytes));
  }
  return print(message, fields);
}

std::string camel(const std::string& name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    out.push_back(name[i] == '_' ? static_cast<char>(name[++i] - 'a' + 'A') : name[i]);
  }
  return out;
}

std::string read_json_message(const std::string& message, const Object& object);

std::string unbase64(std::string_view text) {
  const std::string json = R"({"$bytes":")" + std::string(text) + R"("})";
  const Value value = parse_json(json);
  const auto& octets = value.as_bytes().octets;
  return {octets.begin(), octets.end()};
}

std::string read_json_field(const FieldType& field, const Value& value) {
  const std::string& type = field.type;
  if (is_message(type)) return braced(type, read_json_message(type, value.as_object()));
  if (type == "fixed64" || type == "int64") {
    check_default(field, value.as_string() == "0");
    return value.as_string();
  }
  if (type == "fixed32" || type == "enum" || type == "sint32") {
    check_default(field, value.as_int() == 0);
    return std::to_string(value.as_int());
  }
  if (type == "double") {
    if (value.is_number()) return number_text(value.as_double());
    const std::string& name = value.as_string();
    if (name != "NaN" && name != "Infinity" && name != "-Infinity") fail("no double: " + name);
    return R"({"$double":")" + name + R"("})";
  }
  if (type == "bool") return value.as_bool() ? "true" : "false";
  if (type == "bytes") return "b'" + hex(unbase64(value.as_string())) + "'";
  if (type == "packed") {
    std::string out;
    for (const Value& element : value.as_array()) out += (out.empty() ? "" : ",") + element.as_string();
    return out;
  }
  check_default(field, value.as_string().empty());
  return type == "id" ? value.as_string() : in_quotes(value.as_string());
}

std::string read_json_message(const std::string& message, const Object& object) {
  Fields fields;
  std::size_t read = 0;
  for (const auto& [number, field] : schema().at(message)) {
    const Value* const value = object.find(camel(field.name));
    if (value == nullptr) continue;
    ++read;
    if (!field.is_repeated) {
      fields[number].push_back(read_json_field(field, *value));
      continue;
    }
    if (value->as_array().empty()) fail(field.name + " is there and empty");
    for (const Value& element : value->as_array()) fields[number].push_back(read_json_field(field, element));
  }
  if (read != object.size()) fail(message + " has unknown members: " + to_json(object));
  return print(message, fields);
}

}  // namespace

std::string text_of_protobuf(std::string_view message, std::string_view bytes) {
  return read_message(std::string(message), bytes);
}
std::string text_of_json(std::string_view message, std::string_view json) {
  return read_json_message(std::string(message), parse_json(json, 1'000).as_object());
}

std::string parts(std::string_view text, std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins =
        text.substr(i).starts_with(std::string(name) + "{") && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '{');
    if (!begins) continue;
    std::size_t end = i + name.size();
    int depth = 0;
    do {
      depth += text[end] == '{' ? 1 : text[end] == '}' ? -1 : 0;
    } while (++end < text.size() && depth > 0);
    out.append(text.substr(i + name.size() + 1, end - i - name.size() - 2)).append("\n");
    i = end - 1;
  }
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    out += {digits[static_cast<std::uint8_t>(c) >> 4], digits[static_cast<std::uint8_t>(c) & 15]};
  }
  return out;
}
std::string unhex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

}  // namespace spark::testing
