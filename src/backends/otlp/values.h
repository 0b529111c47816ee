// Values and attributes as OTLP has them: AnyValue and KeyValue (opentelemetry-proto, common/v1/common.proto),
// described once for every writer (protobuf_writer.h).
#pragma once

#include <string>
#include <string_view>

#include "backends/otlp/fields.h"
#include "backends/otlp/mapping.h"
#include "spark/base/json.h"
#include "spark/base/value.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

// What lies deeper is sent as its JSON text. Decoders refuse a whole request that is nested more than 100 messages deep
// (protobuf's default); an object takes three, and there are seven around a value.
inline constexpr int max_value_depth = 24;

template <class Writer>
void write_object(Writer& writer, const Object& object, int depth = 0);

// The fields of the AnyValue `value`. Null is an AnyValue without any, as OTLP has it.
template <class Writer>
void write_value(Writer& writer, const Value& value, int depth = 0) {
  using namespace any_value;
  const auto is_too_deep = [&] { return depth == max_value_depth; };
  switch (value.type()) {
    case ValueType::null:
      return;
    case ValueType::boolean:
      return writer.present_bool(bool_value, value.as_bool());
    case ValueType::integer:
      return writer.present_integer(int_value, value.as_int());
    case ValueType::number:
      return writer.present_number(double_value, value.as_double());
    case ValueType::string:
      return writer.present_text(string_value, value.as_string());
    case ValueType::bytes:
      return writer.present_bytes(bytes_value, value.as_bytes().octets);
    case ValueType::array:
      if (is_too_deep()) return writer.present_text(string_value, to_json(value));
      return writer.message(array_value, [&] {
        writer.list(values, [&] {
          for (const Value& element : value.as_array()) {
            writer.element(values, [&] { write_value(writer, element, depth + 1); });
          }
        });
      });
    case ValueType::object:
      if (is_too_deep()) return writer.present_text(string_value, to_json(value));
      return write_object(writer, value.as_object(), depth);
  }
}

template <class Writer>
void write_object(Writer& writer, const Object& object, int depth) {
  writer.message(any_value::kvlist_value, [&] {
    writer.list(any_value::values, [&] {
      for (const Object::Member& member : object) {
        writer.element(any_value::values, [&] {
          writer.text(key_value::key, member.key);
          writer.message(key_value::value, [&] { write_value(writer, member.value, depth + 1); });
        });
      }
    });
  });
}

template <class Writer>
void write_scalar(Writer& writer, const ValueView& value) {
  using namespace any_value;
  switch (value.type()) {
    case ValueType::boolean:
      return writer.present_bool(bool_value, value.boolean());
    case ValueType::integer:
      return writer.present_integer(int_value, value.integer());
    case ValueType::number:
      return writer.present_number(double_value, value.number());
    case ValueType::string:
      return writer.present_text(string_value, value.text());
    default:
      return;  // null
  }
}

[[nodiscard]] inline bool is_scalar(const ValueView& value) noexcept { return value.type() <= ValueType::string; }

// Writes the KeyValues of a repeated field, inside a list() of that field.
template <class Writer>
class AttributeWriter {
 public:
  AttributeWriter(Writer& writer, Field field) noexcept : writer_(writer), field_(field) {}

  // A user's: escaped where the key is one of ours, or is `shadowed` by one.
  void users(std::string_view key, const ValueView& value, bool is_shadowed = false) {
    if (is_shadowed || names::is_ours(key)) [[unlikely]] {
      add_users(std::string(names::escape).append(key), value);
    } else {
      add_users(key, value);
    }
  }
  void users(AttributesView attributes) {
    for (const AttributeView& attribute : attributes) users(attribute.key, attribute.value);
  }

  void text(std::string_view key, std::string_view value) {
    add(key, [&] { writer_.present_text(any_value::string_value, value); });
  }
  void boolean(std::string_view key, bool value) {
    add(key, [&] { writer_.present_bool(any_value::bool_value, value); });
  }
  void integer(std::string_view key, std::int64_t value) {
    add(key, [&] { writer_.present_integer(any_value::int_value, value); });
  }
  void number(std::string_view key, double value) {
    add(key, [&] { writer_.present_number(any_value::double_value, value); });
  }
  void uuid(std::string_view key, RecordId id) {
    if (!id.is_valid()) return;
    add(key, [&] { writer_.present_uuid(any_value::string_value, id); });
  }

 private:
  void add_users(std::string_view key, const ValueView& value) {
    if (!is_scalar(value)) {
      add(key, [&] { write_value(writer_, value.nested()); });
      return;
    }
    // Most of what is sent is this.
    writer_.together([&](auto& writer) {
      writer.element(field_, [&] {
        writer.text(key_value::key, key);
        writer.message(key_value::value, [&] { write_scalar(writer, value); });
      });
    });
  }
  template <class Body>
  void add(std::string_view key, const Body& write_any_value) {
    writer_.element(field_, [&] {
      writer_.text(key_value::key, key);
      writer_.message(key_value::value, write_any_value);
    });
  }

  Writer& writer_;
  Field field_;
};

// A repeated field of KeyValues: `body` gets an AttributeWriter.
template <class Writer, class Body>
void write_attributes(Writer& writer, Field field, const Body& body) {
  writer.list(field, [&] {
    AttributeWriter<Writer> attributes(writer, field);
    body(attributes);
  });
}

}  // namespace spark::detail::otlp
