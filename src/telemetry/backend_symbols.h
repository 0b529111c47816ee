// What backends define beside those of sink.h: the registry refers to these weakly, and both sides include this, so
// that the compiler compares them (docs/decisions/0002).
#pragma once

namespace spark {
class Sink;
struct TelemetryConfig;
}  // namespace spark

extern "C" {
// The caller owns the sink. Throws Error.
spark::Sink* spark_make_postgresql_sink(const spark::TelemetryConfig& config);
}
