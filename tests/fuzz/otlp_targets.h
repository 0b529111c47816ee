// What the fuzzers of OTLP call, and what the tests run on seeds: whatever the bytes are, the decoder refuses them with
// an Error or makes batches whose every record can be read and stays within the limits.
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/otlp/signal.h"

namespace spark::testing {

// Ends the program if something is wrong. True: the bytes were a request.
bool fuzz_otlp(detail::otlp::Signal signal, detail::otlp::Encoding encoding, std::string_view bytes);

}  // namespace spark::testing
