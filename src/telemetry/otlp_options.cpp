#include "spark/telemetry/otlp_options.h"

namespace spark {

std::string_view to_string(OtlpProtocol protocol) noexcept {
  switch (protocol) {
    case OtlpProtocol::grpc:
      return "grpc";
    case OtlpProtocol::http_protobuf:
      return "http/protobuf";
    case OtlpProtocol::http_json:
      return "http/json";
  }
  return "unknown";
}

std::string_view to_string(OtlpCompression compression) noexcept {
  switch (compression) {
    case OtlpCompression::none:
      return "none";
    case OtlpCompression::gzip:
      return "gzip";
  }
  return "unknown";
}

std::string_view to_string(OtlpTemporality temporality) noexcept {
  switch (temporality) {
    case OtlpTemporality::cumulative:
      return "cumulative";
    case OtlpTemporality::delta:
      return "delta";
    case OtlpTemporality::lowmemory:
      return "lowmemory";
  }
  return "unknown";
}

}  // namespace spark
