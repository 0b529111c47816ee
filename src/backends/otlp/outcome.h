// What a reply means: taken, taken in part, to be tried again, or never. (opentelemetry-proto, docs/specification.md,
// "OTLP/gRPC Response" and "OTLP/HTTP Response".)
#pragma once

#include <string>

#include "backends/otlp/answers.h"
#include "backends/otlp/redaction.h"
#include "backends/otlp/reply.h"
#include "backends/otlp/settings.h"

namespace spark::detail::otlp {

// Of what the server took: how many of the request's items it rejected for good, and what it says of that or of
// anything else. The message is shown as it is; empty: nothing to say.
struct Outcome {
  std::uint64_t rejected = 0;
  std::string message = {};
};

// `now` is for a Retry-After that is a date. Throws RetryableError for what may succeed later, Error for what was
// refused for good: invalid_argument (bad data, too large), permission_denied, unsupported (no such address or signal
// there), unavailable (any other). What the server says goes through the redaction into the message.
[[nodiscard]] Outcome outcome_of(const Reply& reply, const SignalSettings& settings, Signal signal,
                                 const Redaction& redaction, Timestamp now);

}  // namespace spark::detail::otlp
