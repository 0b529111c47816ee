// Prices, amounts of money, and what calls cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "spark/agents/price_table.h"
#include "spark/base/error.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* prices_of_calls = R"({"version": "test-1", "models": [
  {"names": ["gpt-4o", "gpt-4o-20*"], "input": "2.50", "cached_input": "1.25", "output": "10.00",
   "batch": {"input": "1.25", "output": "5.00"}},
  {"names": ["gpt-4o-mini", "gpt-4o-mini-20*"], "input": "0.15", "cached_input": "0.075", "output": "0.60",
   "batch": {"input": "0.075", "output": "0.30"}},
  {"names": ["gpt-4.1-nano"], "input": "0.10", "cached_input": "0.025", "output": "0.40"},
  {"names": ["o3", "o3-20*"], "input": "2.00", "cached_input": "0.50", "output": "8.00"},
  {"names": ["o4-mini"], "input": "1.10", "cached_input": "0.275", "output": "4.40"},
  {"names": ["gpt-5", "gpt-5-20*", "gpt-5-chat-latest"], "input": "1.25", "cached_input": "0.125", "output": "10.00"},
  {"names": ["gpt-5-nano"], "input": "0.05", "cached_input": "0.005", "output": "0.40"},
  {"names": ["gpt-5.4"], "input": "2.50", "cached_input": "0.25", "output": "15.00",
   "batch": {"input": "1.25", "output": "7.50"},
   "long_context": {"above": 272000, "input": "5.00", "cached_input": "0.50", "output": "22.50"}},
  {"names": ["gpt-5.4-mini"], "input": "0.75", "output": "4.50", "batch": {"input": "0.375", "output": "2.25"}},
  {"names": ["claude-sonnet-4-5*"], "input": "3.00", "cached_input": "0.30", "cache_write": "3.75", "output": "15.00",
   "long_context": {"above": 200000, "input": "6.00", "cached_input": "0.60", "cache_write": "7.50", "output": "22.50"}},
  {"names": ["claude-haiku-4-5"], "input": "1.00", "cached_input": "0.10", "cache_write": "1.25", "output": "5.00"},
  {"names": ["claude-opus-4-1*"], "input": "15.00", "cached_input": "1.50", "cache_write": "18.75", "output": "75.00"},
  {"names": ["deepseek-chat"], "input": "0.28", "cached_input": "0.028", "output": "0.42"},
  {"names": ["thinker"], "input": "1", "output": "2", "reasoning": "0.5"}]})";

constexpr Timestamp today = std::chrono::sys_days(std::chrono::year(2026) / 7 / 24);

struct PricedCall {
  const char* model;
  TokenUsage usage;
  PriceTier tier;
  const char* dollars;  // worked out apart, in decimal arithmetic; "unpriced"
};

// input, cache read, cache write, output, reasoning
const PricedCall priced_calls[] = {
    {"gpt-4o", {1200, 0, 0, 300, 0}, PriceTier::standard, "0.006"},
    {"gpt-4o-2024-08-06", {1, 0, 0, 1, 0}, PriceTier::standard, "0.0000125"},
    {"gpt-4o", {2048, 1920, 0, 77, 0}, PriceTier::standard, "0.00349"},
    {"gpt-4o", {0, 0, 0, 0, 0}, PriceTier::standard, "0"},
    {"gpt-4o", {10007, 0, 0, 503, 0}, PriceTier::batch, "0.01502375"},
    {"gpt-4o", {4096, 1024, 0, 1, 0}, PriceTier::batch, "0.005125"},
    {"gpt-4o-mini-2024-07-18", {33, 0, 0, 7, 0}, PriceTier::standard, "0.00000915"},
    {"gpt-4o-mini", {128001, 127872, 0, 16384, 0}, PriceTier::standard, "0.01944015"},
    {"gpt-4o-mini", {999, 0, 0, 1, 0}, PriceTier::batch, "0.000075225"},
    {"gpt-4.1-nano", {1047576, 1000000, 0, 32768, 0}, PriceTier::standard, "0.0428648"},
    {"gpt-4.1-nano", {7, 0, 0, 3, 0}, PriceTier::standard, "0.0000019"},
    {"o3-2025-04-16", {845, 0, 0, 6400, 5952}, PriceTier::standard, "0.05289"},
    {"o3", {100000, 99968, 0, 100000, 100000}, PriceTier::standard, "0.850048"},
    {"o4-mini", {19, 0, 0, 10, 0}, PriceTier::standard, "0.0000649"},
    {"o4-mini", {4321, 4096, 0, 1234, 1088}, PriceTier::standard, "0.0068035"},
    {"gpt-5-2025-08-07", {24187, 23040, 0, 2711, 1984}, PriceTier::standard, "0.03142375"},
    {"gpt-5-chat-latest", {11, 0, 0, 13, 0}, PriceTier::standard, "0.00014375"},
    {"gpt-5-nano", {1, 1, 0, 0, 0}, PriceTier::standard, "0.000000005"},
    {"gpt-5-nano", {399999, 384000, 0, 127, 64}, PriceTier::standard, "0.00277075"},
    {"gpt-5.4", {272000, 0, 0, 1000, 0}, PriceTier::standard, "0.695"},
    {"gpt-5.4", {272001, 100000, 0, 1000, 500}, PriceTier::standard, "0.932505"},
    {"gpt-5.4-mini", {77777, 0, 0, 8888, 0}, PriceTier::batch, "0.049164375"},
    {"claude-sonnet-4-5-20250929", {15234, 12000, 3000, 812, 0}, PriceTier::standard, "0.027732"},
    {"claude-sonnet-4-5", {200000, 0, 0, 64000, 0}, PriceTier::standard, "1.56"},
    {"claude-sonnet-4-5", {200001, 180000, 20000, 1, 0}, PriceTier::standard, "0.2580285"},
    {"claude-haiku-4-5", {1033, 0, 1024, 55, 0}, PriceTier::standard, "0.001564"},
    {"claude-opus-4-1-20250805", {54321, 50000, 4000, 3210, 0}, PriceTier::standard, "0.395565"},
    {"deepseek-chat", {65536, 65472, 0, 8192, 0}, PriceTier::standard, "0.005291776"},
    {"thinker", {10, 0, 0, 1000, 900}, PriceTier::standard, "0.00066"},
    {"a-model-of-tomorrow", {1000, 0, 0, 1000, 0}, PriceTier::standard, "unpriced"},
    {"gpt-5.4", {272001, 0, 0, 1, 0}, PriceTier::batch, "unpriced"},
    {"gpt-5", {1000, 0, 0, 1000, 0}, PriceTier::batch, "unpriced"},
    {"gpt-5", {100, 101, 0, 0, 0}, PriceTier::standard, "unpriced"},
    {"gpt-5", {100, 60, 41, 0, 0}, PriceTier::standard, "unpriced"},
    {"gpt-5", {100, 0, 0, 5, 6}, PriceTier::standard, "unpriced"},
    {"gpt-5", {-1, 0, 0, 5, 0}, PriceTier::standard, "unpriced"},
};

TEST(PriceTable, calls_cost_what_a_calculation_by_hand_says_to_the_last_digit) {
  const PriceTable prices = PriceTable::from_json(prices_of_calls);
  for (const PricedCall& call : priced_calls) {
    const auto cost = prices.cost(call.model, call.usage, today, call.tier);
    EXPECT_EQ(cost ? cost->total.to_string() : "unpriced", call.dollars)
        << call.model << " " << call.usage.input_tokens << " " << call.usage.output_tokens;
    if (!cost) continue;
    Dollars sum;
    std::int64_t tokens = 0;
    for (const CostTerm& term : cost->terms) {
      sum += term.dollars;
      tokens += term.tokens;
    }
    EXPECT_EQ(sum, cost->total);
    EXPECT_EQ(tokens, call.usage.input_tokens + call.usage.output_tokens);
    EXPECT_EQ(cost->price_version, "test-1");
  }
}

TEST(PriceTable, a_cost_is_shown_term_by_term) {
  const PriceTable prices = PriceTable::from_json(prices_of_calls);
  EXPECT_EQ(prices.cost("claude-sonnet-4-5", {15234, 12000, 3000, 812, 12}, today)->to_string(),
            "234 input at $3 + 12,000 cached_input at $0.3 + 3,000 cache_write at $3.75 + 800 output at $15 + "
            "12 reasoning at $15 a million = $0.027732");
  EXPECT_EQ(prices.cost("gpt-4o", {}, today)->to_string(), "nothing a million = $0");
}

TEST(PriceTable, what_is_more_than_it_can_hold_stays_at_the_largest) {
  const PriceTable prices = PriceTable::from_json(prices_of_calls);
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const TokenUsage usage{most, 0, 0, most, 0};
  EXPECT_EQ(prices.cost("gpt-4o", usage, today)->total, Dollars::from_pico(most));
}

TEST(PriceTable, the_latest_price_that_has_begun_counts_and_names_before_patterns) {
  const PriceTable prices = PriceTable::from_json(R"({"version": "1", "models": [
    {"names": ["m*"], "input": "9", "output": "9"},
    {"names": ["m"], "input": "1", "output": "1"},
    {"names": ["m"], "input": "2", "output": "2", "from": "2026-07-24"},
    {"names": ["m"], "input": "3", "output": "3", "from": "2030-01-01"},
    {"names": ["m-*"], "input": "4", "output": "4", "from": "2026-01-01"}]})");
  const auto per_million = [&](const char* model, Timestamp when) {
    return prices.cost(model, {1, 0, 0, 0, 0}, when)->terms.front().per_million.to_string();
  };
  EXPECT_EQ(per_million("m", today - 1ns), "1");
  EXPECT_EQ(per_million("m", today), "2");
  EXPECT_EQ(per_million("m", today + 24h * 365 * 10), "3");
  EXPECT_EQ(per_million("m-small", today), "4");
  EXPECT_EQ(per_million("mega", today), "9");
}

TEST(PriceTable, a_table_that_cannot_be_is_refused_with_its_place) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      static_cast<void>(PriceTable::from_json(text));
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  const auto of_model = [&](const std::string& members) {
    return refusal(R"({"version": "1", "models": [{"names": ["a"], "input": "1", "output": "1"}, {)" + members + "}]}");
  };
  EXPECT_THAT(refusal("{"), HasSubstr("it is no JSON"));
  EXPECT_THAT(refusal("[]"), HasSubstr("it is no object"));
  EXPECT_THAT(refusal(R"({"models": []})"), HasSubstr("it has no \"version\""));
  EXPECT_THAT(refusal(R"({"version": "1", "modles": []})"),
              HasSubstr("a member \"modles\"; known are version, models"));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": 2.5, "output": "1")"),
              HasSubstr("models[1] \"input\" must be a string, such as \"2.50\""));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": "-1", "output": "1")"),
              HasSubstr("models[1] \"input\" is less than 0"));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": "0.0000001", "output": "1")"), HasSubstr("more than six digits"));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": "1e3", "output": "1")"),
              HasSubstr("\"1e3\" is no amount of dollars"));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": "1")"), HasSubstr("models[1] has no \"output\""));
  EXPECT_THAT(of_model(R"("names": [], "input": "1", "output": "1")"), HasSubstr("must have \"names\""));
  EXPECT_THAT(of_model(R"("names": ["[b"], "input": "1", "output": "1")"), HasSubstr("[b"));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": "1", "output": "1", "from": "2026-02-30")"),
              HasSubstr("\"from\" must be a day"));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": "1", "output": "1", "batch": {"input": "1"})"),
              HasSubstr("models[1] \"batch\" has no \"output\""));
  EXPECT_THAT(of_model(R"("names": ["b"], "input": "1", "output": "1", "long_context": {"input": "1", "output": "1"})"),
              HasSubstr("must have \"above\""));
}

TEST(PriceTable, a_file_can_take_the_place_of_what_is_built_in) {
  const std::string path = "prices-of-a-test.json";
  std::ofstream(path) << R"({"version": "mine", "models": [{"names": ["own"], "input": "1", "output": "1"}]})";
  EXPECT_EQ(PriceTable::from_file(path).version(), "mine");
  std::ofstream(path) << "{";
  try {
    static_cast<void>(PriceTable::from_file(path));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::StartsWith(path));
  }
  std::remove(path.c_str());
  try {
    static_cast<void>(PriceTable::from_file(path));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

TEST(PriceTable, what_is_built_in_knows_models_of_today_and_their_versions) {
  const PriceTable& prices = *PriceTable::built_in();
  EXPECT_EQ(prices.cost("gpt-4o", {1'000'000, 0, 0, 0, 0}, today)->total.to_string(), "2.5");
  EXPECT_EQ(prices.cost("gpt-4o-mini-2024-07-18", {0, 0, 0, 1'000'000, 0}, today)->total.to_string(), "0.6");
  EXPECT_EQ(prices.cost("claude-sonnet-4-5-20250929", {100'000, 0, 0, 0, 0}, today)->total.to_string(), "0.3");
  EXPECT_FALSE(prices.cost("gpt-4o-mini-audio-preview", {1, 0, 0, 0, 0}, today));
}

TEST(Dollars, are_read_and_written_exactly) {
  for (const char* text : {"0", "0.000000000001", "-0.5", "2.5", "9223372", "123456.789012345678"}) {
    EXPECT_EQ(Dollars::parse(text).to_string(), text);
  }
  EXPECT_EQ(Dollars::parse("2.50").to_string(), "2.5");
  EXPECT_EQ(Dollars::parse("1.000").to_string(), "1");
  EXPECT_EQ(Dollars::parse("0.1").as_double(), 0.1);
  EXPECT_EQ(Dollars::parse("123456.789012345678").as_double(), 123456.789012345678);
  EXPECT_EQ(Dollars::from_pico(std::numeric_limits<std::int64_t>::min()).to_string(), "-9223372.036854775808");
  for (const char* text : {"", "-", ".5", "1.", "1.0000000000001", "1,5", "+1", "1e3", "$1", " 1", "9223373", "--1"}) {
    EXPECT_THROW(static_cast<void>(Dollars::parse(text)), Error) << text;
  }
}

}  // namespace
}  // namespace spark::testing
