#include "spark/agents/token_usage.h"

#include <limits>

namespace spark {

namespace {

void add_saturating(std::int64_t& sum, std::int64_t more) noexcept {
  using Limits = std::numeric_limits<std::int64_t>;
  if (__builtin_add_overflow(sum, more, &sum)) sum = more < 0 ? Limits::min() : Limits::max();
}

}  // namespace

TokenUsage& TokenUsage::operator+=(const TokenUsage& more) noexcept {
  add_saturating(input_tokens, more.input_tokens);
  add_saturating(cache_read_input_tokens, more.cache_read_input_tokens);
  add_saturating(cache_write_input_tokens, more.cache_write_input_tokens);
  add_saturating(output_tokens, more.output_tokens);
  add_saturating(reasoning_output_tokens, more.reasoning_output_tokens);
  return *this;
}

}  // namespace spark
