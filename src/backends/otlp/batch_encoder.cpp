#include "backends/otlp/batch_encoder.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace spark::detail::otlp {
namespace {

Temporality temporality_of(OtlpTemporality temporality) {
  switch (temporality) {
    case OtlpTemporality::cumulative:
      return Temporality::cumulative;
    case OtlpTemporality::delta:
      return Temporality::delta;
    case OtlpTemporality::lowmemory:
      return Temporality::lowmemory;
  }
  return Temporality::cumulative;
}

class Encoders {
 public:
  Encoders(const Settings& settings, Timestamp start) {
    for (std::size_t signal = 0; signal < signals; ++signal) {
      is_json_[signal] = settings.each[signal].is_json();
      auto& encoder = encoder_of(signal);
      if (encoder != nullptr) continue;
      EncoderOptions options;
      options.encoding = is_json_[signal] ? Encoding::json : Encoding::protobuf;
      options.temporality = temporality_of(settings.temporality);
      options.start_ns = start.time_since_epoch().count();
      encoder = std::make_unique<Encoder>(options);
    }
  }

  Requests encode(const Batch& batch) {
    if (protobuf_ == nullptr) return json_->encode(batch);
    Requests requests = protobuf_->encode(batch);
    if (json_ == nullptr) return requests;
    Requests others = json_->encode(batch);
    for (std::size_t signal = 0; signal < signals; ++signal) {
      if (!is_json_[signal]) continue;
      requests.bodies[signal] = std::move(others.bodies[signal]);
      requests.items[signal] = others.items[signal];
    }
    // Metrics are refused by who remembers them, and that is who sends them.
    if (is_json_[static_cast<std::size_t>(Signal::metrics)]) {
      requests.refused = others.refused;
      requests.refused_by_kind = others.refused_by_kind;
    }
    return requests;
  }

  void commit(Signal signal) {
    // Both hear of spans: the logs of the one may tell of traces whose spans the other sent.
    for (const auto* const encoder : {&protobuf_, &json_}) {
      const bool is_sender = encoder == &encoder_of(static_cast<std::size_t>(signal));
      if (*encoder != nullptr && (is_sender || signal == Signal::traces)) (*encoder)->commit(signal);
    }
  }

 private:
  std::unique_ptr<Encoder>& encoder_of(std::size_t signal) { return is_json_[signal] ? json_ : protobuf_; }

  std::array<bool, signals> is_json_{};  // by Signal
  std::unique_ptr<Encoder> protobuf_;    // null: no signal wants it, as the next
  std::unique_ptr<Encoder> json_;
};

}  // namespace

BatchEncoder make_batch_encoder(const Settings& settings, Timestamp start) {
  const auto encoders = std::make_shared<Encoders>(settings, start);
  return {.encode = [encoders](const Batch& batch) { return encoders->encode(batch); },
          .commit = [encoders](Signal signal) { encoders->commit(signal); }};
}

}  // namespace spark::detail::otlp
