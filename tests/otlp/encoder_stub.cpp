// An encoder that sends nothing, for a build of the sender without the encoder.
#include "backends/otlp/encoder.h"

namespace spark::detail::otlp {

struct Encoder::State {};

Encoder::Encoder(const EncoderOptions&) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&&) noexcept = default;
Requests Encoder::encode(const Batch&) { return {}; }
void Encoder::commit(Signal) noexcept {}

}  // namespace spark::detail::otlp
