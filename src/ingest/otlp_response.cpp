#include "ingest/otlp_response.h"

#include <limits>
#include <protozero/pbf_writer.hpp>

#include "spark/base/json.h"
#include "spark/base/utf8.h"

namespace spark::detail::ingest {
namespace {

// opentelemetry-proto, collector/*/v1/*_service.proto: the three are alike but for a name.
constexpr protozero::pbf_tag_type partial_success = 1, rejected_items = 1, error_message = 2;
// google/rpc/status.proto.
constexpr protozero::pbf_tag_type status_code = 1, status_message = 2;

std::string_view rejected_name(otlp::Signal signal) noexcept {
  switch (signal) {
    case otlp::Signal::metrics:
      return "rejectedDataPoints";
    case otlp::Signal::logs:
      return "rejectedLogRecords";
    case otlp::Signal::traces:
      break;
  }
  return "rejectedSpans";
}

std::int64_t signed_count(std::uint64_t count) noexcept {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(count < most ? count : most);
}

}  // namespace

std::string export_response(otlp::Signal signal, otlp::Encoding encoding, std::uint64_t rejected,
                            std::string_view message) {
  const bool is_complete = rejected == 0 && message.empty();
  if (encoding == otlp::Encoding::json) {
    if (is_complete) return "{}";
    Object success = {{"errorMessage", Value(message)}};
    if (rejected != 0) success.set(std::string(rejected_name(signal)), std::to_string(signed_count(rejected)));
    return to_json(Object{{"partialSuccess", Value(std::move(success))}});
  }
  std::string body;
  if (is_complete) return body;
  std::string storable;
  append_storable_utf8(storable, message);
  protozero::pbf_writer response(body);
  protozero::pbf_writer success(response, partial_success);
  if (rejected != 0) success.add_int64(rejected_items, signed_count(rejected));
  success.add_string(error_message, storable);
  success.commit();
  return body;
}

std::string status_body(otlp::Encoding encoding, std::int32_t code, std::string_view message) {
  if (encoding == otlp::Encoding::json) return to_json(Object{{"code", code}, {"message", Value(message)}});
  std::string body;
  std::string storable;
  append_storable_utf8(storable, message);
  protozero::pbf_writer status(body);
  status.add_int32(status_code, code);
  status.add_string(status_message, storable);
  return body;
}

std::string_view content_type(otlp::Encoding encoding) noexcept {
  return encoding == otlp::Encoding::json ? "application/json" : "application/x-protobuf";
}

}  // namespace spark::detail::ingest
