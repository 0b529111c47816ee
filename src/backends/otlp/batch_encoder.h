// What makes request bodies of batches, as the sender sees it: one Encoder, or two where the signals differ in their
// encoding. A value of functions, so that tests decide what is sent.
#pragma once

#include <functional>

#include "backends/otlp/encoder.h"
#include "backends/otlp/settings.h"
#include "spark/base/clock.h"

namespace spark::detail::otlp {

struct BatchEncoder {
  std::function<Requests(const Batch&)> encode;
  std::function<void(Signal)> commit;  // the server has this part of what encode last returned
};

// `start` is when the first sums begin.
[[nodiscard]] BatchEncoder make_batch_encoder(const Settings& settings, Timestamp start);

}  // namespace spark::detail::otlp
