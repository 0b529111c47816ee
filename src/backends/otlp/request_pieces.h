// Cuts a request into several, because of its size or of what is in it. A gRPC server's limit is 4 MiB unless somebody
// raised it (gRPC, "max receive message length"), and what is longer it refuses for good; a proxy's may be 1 MiB, which
// nobody knows before it says so; and for a single bad item some servers refuse all.
//
// The cut is made in the bytes, between two spans, metrics or log records; each piece has the resource and the scope
// again. So the encoder's state and what a retry sends have nothing to do with it. Free functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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

// Of a piece, in protobuf or in the encoder's JSON: two pieces, about equally long, in order. A metric that is alone is
// cut between two of its points. Empty: there is nothing between which it could be cut, or it is no such message.
[[nodiscard]] std::optional<std::pair<RequestPiece, RequestPiece>> halves_of(const RequestPiece& piece, Signal signal,
                                                                             Encoding encoding);

}  // namespace spark::detail::otlp
