// A batch as bytes and back: what a row of the spool holds. A format of our own, in version 1:
//
//   "SPKB", the version (1 byte), the resource, then the numbers of traces, spans, events, metrics and graphs, each
//   followed by that many of them, then 8 bytes of checksum (FNV-1a, 64 bits) of all that is before.
//
// Numbers that are mostly small are LEB128 ("varint"), signed ones zigzag; ids, times and doubles are 8 bytes, the
// lowest first; texts and lists begin with their length. Values begin with their type. Every bit of a double is kept.
//
// Free functions without state, safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "spark/telemetry/batch.h"

namespace spark::detail::reliable {

// Deeper than any Limits::depth. What is nested deeper becomes null, so that whatever is written can be read.
inline constexpr int max_value_depth = 256;

[[nodiscard]] std::string encode_batch(const Batch& batch);

// Throws Error: corrupt for anything but what encode_batch gives, too_new for that of a later version. Whatever the
// bytes are, it reads nothing beyond them, and allocates in proportion to them.
[[nodiscard]] std::shared_ptr<const Batch> decode_batch(std::string_view bytes);

[[nodiscard]] std::uint64_t checksum(std::string_view bytes) noexcept;

}  // namespace spark::detail::reliable
