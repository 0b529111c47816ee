// Cuts a request that a gRPC server would not take because of its size into several: the server's limit is 4 MiB unless
// somebody raised it (gRPC, "max receive message length"), and what is longer it refuses for good.
//
// The cut is made in the bytes, between two spans, metrics or log records; each piece has the resource and the scope
// again. So the encoder's state and what a retry sends have nothing to do with it. Free functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/otlp/encoder.h"

namespace spark::detail::otlp {

struct RequestPiece {
  std::string body = {};
  std::uint64_t items = 0;  // spans, data points or log records
};

// `body`: an Export…ServiceRequest in protobuf with `items` in it. In order; each piece at most `most_bytes` long,
// except for one that holds a single span, metric or log record. A body that fits, or is no such message, is one piece.
[[nodiscard]] std::vector<RequestPiece> pieces_of(std::string body, std::uint64_t items, Signal signal,
                                                  std::size_t most_bytes);

}  // namespace spark::detail::otlp
