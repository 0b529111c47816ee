// TraceParent is the W3C header that names the caller's span: which trace, which span, whether it is recorded. A value.
//
//   traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
//
// Read and written by https://www.w3.org/TR/trace-context/ and, for the random flag, its level 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spark/base/ids.h"

namespace spark {

struct TraceParent {
  static constexpr std::uint8_t sampled_flag = 1;  // the caller may have recorded its span
  static constexpr std::uint8_t random_flag = 2;   // level 2: the last 56 bits of the trace id are random

  TraceId trace_id = {};
  SpanId span_id = {};
  std::uint8_t flags = 0;

  // Empty for what is malformed. Of a version above 00 the four known fields are read, whatever comes behind them.
  // Does not allocate.
  [[nodiscard]] static std::optional<TraceParent> parse(std::string_view text) noexcept;

  [[nodiscard]] bool is_sampled() const noexcept { return (flags & sampled_flag) != 0; }
  // In version 00, 55 characters, with the two known flags alone.
  [[nodiscard]] std::string to_string() const;

  bool operator==(const TraceParent&) const = default;
};

}  // namespace spark
