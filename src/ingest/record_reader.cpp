#include "ingest/record_reader.h"

#include "backends/otlp/mapping.h"
#include "spark/base/error.h"

namespace spark::detail::ingest {

std::string_view ReadingContext::own_name(std::string_view key) noexcept {
  return key.starts_with(otlp::names::escape) ? key.substr(otlp::names::escape.size()) : key;
}

RecordId record_id_of(const ValueView& value) {
  const std::string_view text = text_of(value);
  if (text.empty()) return {};
  try {
    return RecordId::parse(text);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace spark::detail::ingest
