// TokenUsage is what a model says it has read and written in one call. A plain value.
//
// Counted as OpenTelemetry's conventions do: the parts are included in the wholes. Providers that count cached tokens
// beside the others (Anthropic's own interface) must be added up first.
#pragma once

#include <cstdint>

namespace spark {

struct TokenUsage {
  std::int64_t input_tokens = 0;              // the whole prompt
  std::int64_t cache_read_input_tokens = 0;   // of it, read from the provider's cache
  std::int64_t cache_write_input_tokens = 0;  // of it, written to the provider's cache
  std::int64_t output_tokens = 0;             // the whole answer
  std::int64_t reasoning_output_tokens = 0;   // of it, reasoning that is not shown

  // What would be more than the type holds stays at its largest.
  TokenUsage& operator+=(const TokenUsage& more) noexcept;
  bool operator==(const TokenUsage&) const = default;
};

}  // namespace spark
