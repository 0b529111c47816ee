#include "backends/otlp/json_writer.h"

#include <charconv>
#include <cmath>

#include "base/base64.h"
#include "base/id_text.h"
#include "spark/base/json.h"

namespace spark::detail::otlp {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
  char text[32];
  out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

template <class Integer>
void append_quoted(std::string& out, Integer value) {
  out.push_back('"');
  append_number(out, value);
  out.push_back('"');
}

// Room for `count` characters that `put` writes, in quotation marks.
template <class Put>
void append_quoted(std::string& out, std::size_t count, const Put& put) {
  char text[uuid_size + 2];
  text[0] = text[count + 1] = '"';
  put(text + 1);
  out.append(text, count + 2);
}

}  // namespace

void JsonWriter::key(Field field) {
  separate();
  out_.push_back('"');
  out_.append(field.json);
  out_.append("\":");
}

void JsonWriter::fixed64(Field field, std::uint64_t value) {
  if (value == 0) return;
  key(field);
  append_quoted(out_, value);
}

void JsonWriter::fixed32(Field field, std::uint32_t value) {
  if (value == 0) return;
  key(field);
  append_number(out_, value);
}

void JsonWriter::sint32(Field field, std::int32_t value) {
  if (value == 0) return;
  key(field);
  append_number(out_, value);
}

void JsonWriter::packed(Field field, std::span<const std::uint64_t> values) {
  if (values.empty()) return;
  key(field);
  char before = '[';
  for (const std::uint64_t value : values) {
    out_.push_back(before);
    append_quoted(out_, value);
    before = ',';
  }
  out_.push_back(']');
}

void JsonWriter::id(Field field, TraceId id) {
  if (!id.is_valid()) return;
  key(field);
  append_quoted(out_, hex_128_size, [&](char* place) {
    put_hex(place, id.high, hex_64_size);
    put_hex(place + hex_64_size, id.low, hex_64_size);
  });
}

void JsonWriter::id(Field field, SpanId id) {
  if (!id.is_valid()) return;
  key(field);
  append_quoted(out_, hex_64_size, [&](char* place) { put_hex(place, id.value, hex_64_size); });
}

void JsonWriter::present_text(Field field, std::string_view value) {
  key(field);
  append_json_string(out_, value);
}

void JsonWriter::present_bool(Field field, bool value) {
  key(field);
  out_.append(value ? "true" : "false");
}

void JsonWriter::present_integer(Field field, std::int64_t value) {
  key(field);
  append_quoted(out_, value);
}

void JsonWriter::present_number(Field field, double value) {
  key(field);
  if (std::isfinite(value)) {
    append_json_double(out_, value);  // with its point, so that a reader does not make an integer of -0
  } else {
    out_.append(std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  }
}

void JsonWriter::present_bytes(Field field, std::span<const std::uint8_t> value) {
  key(field);
  out_.push_back('"');
  append_base64(out_, value);
  out_.push_back('"');
}

void JsonWriter::present_uuid(Field field, RecordId id) {
  key(field);
  append_quoted(out_, uuid_size, [&](char* place) { put_uuid(place, id.high, id.low); });
}

}  // namespace spark::detail::otlp
