// The messages of OTLP as JSON names them: for each field its number and type (opentelemetry-proto 1.11). Static data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "backends/otlp/fields.h"
#include "backends/otlp/signal.h"

namespace spark::detail::ingest {

enum class JsonType : std::uint8_t {
  message,
  text,
  id,
  bytes,
  boolean,
  uint32,
  int64,
  sint32,
  fixed32,
  fixed64,
  uint64,
  sfixed64,
  number,
  enumerator
};

struct JsonMessage;

struct JsonEnumerator {
  std::string_view name;
  std::uint32_t number;
};

struct JsonField {
  otlp::Field field;
  JsonType type;
  bool is_repeated = false;
  bool null_is_nan = false;                          // what JSON.stringify makes of NaN
  const JsonMessage* message = nullptr;              // of type message
  std::span<const JsonEnumerator> enumerators = {};  // of type enumerator
};

struct JsonMessage {
  std::span<const JsonField> fields;

  // By its name in lowerCamelCase or snake_case. Null: there is none.
  [[nodiscard]] const JsonField* find(std::string_view name) const noexcept;
};

// Export…ServiceRequest.
[[nodiscard]] const JsonMessage& json_request(otlp::Signal signal) noexcept;

}  // namespace spark::detail::ingest
