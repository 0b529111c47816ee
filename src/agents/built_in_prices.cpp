#include "spark/agents/price_table.h"

namespace spark {

// The providers' public lists of prices (OpenAI, Anthropic, DeepSeek) as of the version, for what is in wide use.
// Prices change, and discounts are everybody's own: SPARK_PRICE_TABLE names a file to use instead.
std::string_view PriceTable::built_in_json() noexcept {
  return R"json({
  "version": "2026-07-24",
  "models": [
    {"names": ["gpt-3.5-turbo", "gpt-3.5-turbo-0125"], "input": "0.50", "output": "1.50"},
    {"names": ["gpt-4-turbo", "gpt-4-turbo-20*"], "input": "10.00", "output": "30.00"},
    {"names": ["gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20"], "input": "2.50", "cached_input": "1.25", "output": "10.00",
     "batch": {"input": "1.25", "output": "5.00"}},
    {"names": ["gpt-4o-mini", "gpt-4o-mini-20*"], "input": "0.15", "cached_input": "0.075", "output": "0.60",
     "batch": {"input": "0.075", "output": "0.30"}},
    {"names": ["gpt-4.1", "gpt-4.1-20*"], "input": "2.00", "cached_input": "0.50", "output": "8.00",
     "batch": {"input": "1.00", "output": "4.00"}},
    {"names": ["gpt-4.1-mini", "gpt-4.1-mini-20*"], "input": "0.40", "cached_input": "0.10", "output": "1.60",
     "batch": {"input": "0.20", "output": "0.80"}},
    {"names": ["gpt-4.1-nano", "gpt-4.1-nano-20*"], "input": "0.10", "cached_input": "0.025", "output": "0.40",
     "batch": {"input": "0.05", "output": "0.20"}},
    {"names": ["o3", "o3-20*"], "input": "2.00", "cached_input": "0.50", "output": "8.00"},
    {"names": ["o3-mini", "o3-mini-20*"], "input": "1.10", "cached_input": "0.55", "output": "4.40"},
    {"names": ["o4-mini", "o4-mini-20*"], "input": "1.10", "cached_input": "0.275", "output": "4.40"},
    {"names": ["gpt-5", "gpt-5-20*", "gpt-5-chat-latest"], "input": "1.25", "cached_input": "0.125", "output": "10.00"},
    {"names": ["gpt-5-mini", "gpt-5-mini-20*"], "input": "0.25", "cached_input": "0.025", "output": "2.00"},
    {"names": ["gpt-5-nano", "gpt-5-nano-20*"], "input": "0.05", "cached_input": "0.005", "output": "0.40"},
    {"names": ["gpt-5.1", "gpt-5.1-20*", "gpt-5.1-chat-latest"], "input": "1.25", "cached_input": "0.125", "output": "10.00"},
    {"names": ["gpt-5.2", "gpt-5.2-20*", "gpt-5.2-chat-latest"], "input": "1.75", "cached_input": "0.175", "output": "14.00"},
    {"names": ["gpt-5.4", "gpt-5.4-20*"], "input": "2.50", "cached_input": "0.25", "output": "15.00",
     "batch": {"input": "1.25", "output": "7.50"},
     "long_context": {"above": 272000, "input": "5.00", "cached_input": "0.50", "output": "22.50"}},
    {"names": ["gpt-5.4-mini", "gpt-5.4-mini-20*"], "input": "0.75", "cached_input": "0.075", "output": "4.50",
     "batch": {"input": "0.375", "output": "2.25"}},
    {"names": ["gpt-5.4-nano", "gpt-5.4-nano-20*"], "input": "0.20", "cached_input": "0.02", "output": "1.25",
     "batch": {"input": "0.10", "output": "0.625"}},
    {"names": ["gpt-5.5", "gpt-5.5-20*"], "input": "5.00", "cached_input": "0.50", "output": "30.00",
     "batch": {"input": "2.50", "output": "15.00"},
     "long_context": {"above": 272000, "input": "10.00", "cached_input": "1.00", "output": "45.00"}},
    {"names": ["claude-3-haiku-20*"], "input": "0.25", "cached_input": "0.03", "cache_write": "0.30", "output": "1.25"},
    {"names": ["claude-3-7-sonnet-20*"], "input": "3.00", "cached_input": "0.30", "cache_write": "3.75", "output": "15.00"},
    {"names": ["claude-sonnet-4-20*", "claude-4-sonnet-20*"], "input": "3.00", "cached_input": "0.30", "cache_write": "3.75",
      "output": "15.00",
     "long_context": {"above": 200000, "input": "6.00", "cached_input": "0.60", "cache_write": "7.50", "output": "22.50"}},
    {"names": ["claude-opus-4-20*", "claude-4-opus-20*"], "input": "15.00", "cached_input": "1.50", "cache_write": "18.75",
      "output": "75.00"},
    {"names": ["claude-opus-4-1", "claude-opus-4-1-20*"], "input": "15.00", "cached_input": "1.50", "cache_write": "18.75",
      "output": "75.00"},
    {"names": ["claude-opus-4-5", "claude-opus-4-5-20*"], "input": "5.00", "cached_input": "0.50", "cache_write": "6.25",
      "output": "25.00"},
    {"names": ["claude-opus-4-6", "claude-opus-4-6-20*"], "input": "5.00", "cached_input": "0.50", "cache_write": "6.25",
      "output": "25.00"},
    {"names": ["claude-haiku-4-5", "claude-haiku-4-5-20*"], "input": "1.00", "cached_input": "0.10", "cache_write": "1.25",
      "output": "5.00"},
    {"names": ["claude-sonnet-4-5", "claude-sonnet-4-5-20*"], "input": "3.00", "cached_input": "0.30", "cache_write": "3.75",
      "output": "15.00",
     "long_context": {"above": 200000, "input": "6.00", "cached_input": "0.60", "cache_write": "7.50", "output": "22.50"}},
    {"names": ["claude-sonnet-4-6", "claude-sonnet-4-6-20*"], "input": "3.00", "cached_input": "0.30", "cache_write": "3.75",
      "output": "15.00"},
    {"names": ["deepseek-chat"], "input": "0.28", "cached_input": "0.028", "output": "0.42"},
    {"names": ["deepseek-reasoner"], "input": "0.28", "cached_input": "0.028", "output": "0.42"}
  ]
}
)json";
}

}  // namespace spark
