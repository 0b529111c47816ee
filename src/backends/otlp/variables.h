// OpenTelemetry's environment variables for an OTLP exporter: OTEL_EXPORTER_OTLP_X, and OTEL_EXPORTER_OTLP_TRACES_X,
// _METRICS_X and _LOGS_X, which are stronger. What says where records go, or who sends them, throws
// Error(invalid_argument) naming the variable if it cannot be understood; the others are then ignored, which is said
// (ignore_variable). A header's value is never in the message. As getenv, not to be used while another thread changes
// the environment. (OpenTelemetry specification, "OpenTelemetry Protocol Exporter".)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "backends/otlp/encoder.h"
#include "spark/telemetry/config.h"

namespace spark::detail::otlp {

struct Variable {
  std::string name = {};
  std::string_view value = {};  // empty: neither is set
  bool is_of_signal = false;
};

class SignalVariables {
 public:
  explicit SignalVariables(Signal signal) : signal_(signal) {}

  // The stronger one that is set. The suffix is what follows the prefix, for example "ENDPOINT".
  [[nodiscard]] Variable find(std::string_view suffix) const;

  [[nodiscard]] std::optional<OtlpProtocol> protocol() const;
  [[nodiscard]] OtlpCompression compression() const;
  [[nodiscard]] Seconds timeout() const;  // 10 s unless set; 0: none
  [[nodiscard]] bool is_insecure() const;
  // Of both variables, name by name; names in lower case.
  [[nodiscard]] std::map<std::string, Secret> headers() const;

 private:
  [[nodiscard]] std::string name_of(std::string_view suffix, bool is_of_signal) const;

  Signal signal_;
};

[[nodiscard]] OtlpTemporality temporality_from_environment();

}  // namespace spark::detail::otlp
