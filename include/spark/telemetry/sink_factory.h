// How a manager is told what sinks to make. Apart from sink.h, which only those who write a backend need.
#pragma once

#include <functional>
#include <memory>

namespace spark {

class Sink;
struct TelemetryConfig;

// Makes a sink for a configuration; throws Error if it cannot.
using SinkFactory = std::function<std::unique_ptr<Sink>(const TelemetryConfig&)>;

}  // namespace spark
