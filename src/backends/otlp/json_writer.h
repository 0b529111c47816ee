// OTLP/JSON (opentelemetry-proto, docs/specification.md, "JSON Protobuf Encoding"): protobuf's JSON, but with ids as
// hex digits and enumerators as numbers. 64-bit integers are strings, bytes are base64, and what is no number is one of
// the strings "NaN", "Infinity", "-Infinity". Compact.
//
// protobuf_writer.h explains the functions: they are the same, so that one description of a message serves both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "backends/otlp/fields.h"
#include "spark/base/ids.h"

namespace spark::detail::otlp {

class JsonWriter {
 public:
  // Appends to `out`, which outlives it.
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}

  template <class Body>
  void together(const Body& body) {
    body(*this);
  }
  // The outermost message, which is no field of any.
  template <class Body>
  void root(const Body& body) {
    braces(body);
  }
  template <class Body>
  void message(Field field, const Body& body) {
    key(field);
    braces(body);
  }
  template <class Body>
  void list(Field field, const Body& body) {
    const std::size_t before = out_.size();
    const bool is_first = is_first_;
    key(field);
    out_.push_back('[');
    const std::size_t begin = out_.size();
    is_first_ = true;
    body();
    if (out_.size() == begin) {  // no element: no field
      out_.resize(before);
      is_first_ = is_first;
      return;
    }
    out_.push_back(']');
    is_first_ = false;
  }
  template <class Body>
  void element(Field, const Body& body) {
    separate();
    braces(body);
  }

  void text(Field field, std::string_view value) {
    if (!value.empty()) present_text(field, value);
  }
  void fixed64(Field field, std::uint64_t value);
  void fixed32(Field field, std::uint32_t value);
  template <class Enum>
  void enumerator(Field field, Enum value) {
    fixed32(field, static_cast<std::uint32_t>(value));
  }
  void sint32(Field field, std::int32_t value);
  void packed(Field field, std::span<const std::uint64_t> values);
  void id(Field field, TraceId id);
  void id(Field field, SpanId id);

  void present_text(Field field, std::string_view value);
  void present_bool(Field field, bool value);
  void present_integer(Field field, std::int64_t value);
  void present_number(Field field, double value);
  void present_bytes(Field field, std::span<const std::uint8_t> value);
  void present_uuid(Field field, RecordId id);

 private:
  template <class Body>
  void braces(const Body& body) {
    out_.push_back('{');
    is_first_ = true;
    body();
    out_.push_back('}');
    is_first_ = false;
  }
  void separate() {
    if (!is_first_) out_.push_back(',');
    is_first_ = false;
  }
  void key(Field field);

  std::string& out_;
  bool is_first_ = true;  // nothing stands yet in the innermost braces or brackets
};

}  // namespace spark::detail::otlp
