#include <string>
#include <utility>

#include "spark/base/error.h"
#include "spark/telemetry/config.h"
#include "spark/telemetry/sink.h"
#include "telemetry/backend_symbols.h"

// Weak, so that a program that does not link a backend still links; then the address is null.
extern "C" {
__attribute__((weak)) spark::Sink* spark_make_memory_sink(const spark::TelemetryConfig& config);
__attribute__((weak)) spark::Sink* spark_make_sqlite_sink(const spark::TelemetryConfig& config);
__attribute__((weak)) spark::Sink* spark_make_otlp_sink(const spark::TelemetryConfig& config);
__attribute__((weak)) spark::Sink* spark_make_postgresql_sink(const spark::TelemetryConfig& config);
__attribute__((weak)) spark::Sink* spark_make_reliable_sink(spark::Sink* inner, const spark::TelemetryConfig& config);
}

namespace spark {
namespace {

using MakeSink = Sink* (*)(const TelemetryConfig&);

SinkFactory factory_of(Backend backend, MakeSink make) {
  if (make == nullptr) {
    const std::string name(to_string(backend));
    throw Error(ErrorCode::component_missing,
                "backend " + name + " needs the component spark::" + name + ", which this program does not link");
  }
  return [make](const TelemetryConfig& config) { return std::unique_ptr<Sink>(make(config)); };
}

// Of a backend whose other side may be away for a while.
SinkFactory reliable(const TelemetryConfig& config, SinkFactory make) {
  if (!config.reliable.enabled) return make;
  if (spark_make_reliable_sink == nullptr) {
    if (config.reliable.spool_path.empty()) return make;
    throw Error(ErrorCode::component_missing,
                "reliable.spool_path needs the component spark::reliable, which this program does not link");
  }
  return [make = std::move(make)](const TelemetryConfig& of) {
    return std::unique_ptr<Sink>(spark_make_reliable_sink(make(of).release(), of));
  };
}

}  // namespace

SinkFactory backend_factory(const TelemetryConfig& config) {
  switch (config.backend) {
    case Backend::memory:
      return factory_of(config.backend, spark_make_memory_sink);
    case Backend::sqlite:
      return factory_of(config.backend, spark_make_sqlite_sink);
    case Backend::otlp:
      return reliable(config, factory_of(config.backend, spark_make_otlp_sink));
    case Backend::postgresql:
      return reliable(config, factory_of(config.backend, spark_make_postgresql_sink));
    case Backend::multi:
    case Backend::noop:
      break;
  }
  throw Error(ErrorCode::invalid_argument,
              "backend " + std::string(to_string(config.backend)) + " has no sink of its own");
}

}  // namespace spark
