// Encoder makes the bodies of OTLP's export requests of a batch, in protobuf or JSON, and keeps the state that
// cumulative metrics need. Made and owned by the sink; used by one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "spark/telemetry/batch.h"

namespace spark::detail::otlp {

enum class Signal : std::uint8_t { traces, metrics, logs };
inline constexpr std::size_t signals = 3;

enum class Encoding : std::uint8_t { protobuf, json };
enum class Temporality : std::uint8_t { cumulative, delta, lowmemory };

struct EncoderOptions {
  Encoding encoding = Encoding::protobuf;
  Temporality temporality = Temporality::cumulative;
  std::size_t series_per_metric = 2'000;  // further ones of a metric are summed up as one
};

// What one batch becomes: a request body for each signal, empty where the batch has nothing for it.
struct Requests {
  std::array<std::string, signals> bodies;        // by Signal
  std::array<std::uint64_t, signals> items = {};  // spans, data points, log records in them
  std::uint64_t refused = 0;                      // metrics that OTLP has no place for: negative counter increments
};

class Encoder {
 public:
  explicit Encoder(const EncoderOptions& options);
  ~Encoder();
  Encoder(Encoder&&) noexcept;

  // Strong guarantee. Nothing that a later batch depends on changes before commit().
  [[nodiscard]] Requests encode(const Batch& batch);
  // The server has this part of what encode() last returned: from now on its increments are counted.
  void commit(Signal signal) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spark::detail::otlp
