// PriceTable says what models cost and computes the cost of a call. It comes with the library, as of the date in its
// version; because prices change, it can be replaced by a file:
//
//   {"version": "2026-11-01", "models": [
//     {"names": ["gpt-4o", "gpt-4o-20??-??-??"], "input": "2.50", "cached_input": "1.25", "output": "10.00",
//      "batch": {"input": "1.25", "output": "5.00"}, "from": "2024-10-01"}]}
//
// A name without patterns counts before those that only match.
//
// Prices are US dollars for a million tokens, as strings so that no digit is lost, with at most six digits behind the
// point. `names` are globs (spark/base/glob.h). "cached_input", "cache_write" and "reasoning" are the prices of those
// parts; left out, they cost what the rest of the input or output costs. "batch" has those of delayed requests; left
// out, such a request has no price. "long_context" has those of a whole request with more than `above` tokens of input:
// {"above": 200000, "input": "6.00", "output": "22.50"}. `from` is the first day, in UTC, of these prices: of several
// entries for a model the latest that has begun counts; without it the entry counts from the beginning of time.
//
// Immutable once made; safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/agents/dollars.h"
#include "spark/agents/token_usage.h"
#include "spark/base/clock.h"
#include "spark/base/glob.h"
#include "spark/base/value.h"

namespace spark {

enum class PriceTier : std::uint8_t { standard, batch };

// One term of a cost: tokens times a price.
struct CostTerm {
  std::string what = {};  // "input", "cached_input", "cache_write", "output", "reasoning"
  std::int64_t tokens = 0;
  Dollars per_million = {};
  Dollars dollars = {};  // exact

  bool operator==(const CostTerm&) const = default;
};

struct CallCost {
  Dollars total = {};                // the sum of the terms
  std::vector<CostTerm> terms = {};  // those with tokens
  std::string price_version = {};    // of the table

  // "1,200 input at $2.5 + 300 output at $10 a million = $0.006".
  [[nodiscard]] std::string to_string() const;
  bool operator==(const CallCost&) const = default;
};

class PriceTable {
 public:
  // Throws Error(invalid_argument) saying which entry and what of it is wrong.
  [[nodiscard]] static PriceTable from_json(std::string_view text);
  // Throws Error(not_found, permission_denied) too.
  [[nodiscard]] static PriceTable from_file(const std::string& path);
  // What the library brings; built_in_json() is its text, to begin a file of one's own with.
  [[nodiscard]] static const std::shared_ptr<const PriceTable>& built_in();
  [[nodiscard]] static std::string_view built_in_json() noexcept;
  // The file that SPARK_PRICE_TABLE names, read at the first call, else built_in(). Throws as from_file.
  [[nodiscard]] static const std::shared_ptr<const PriceTable>& process_default();

  [[nodiscard]] const std::string& version() const noexcept { return version_; }

  // The cost of a call at `when`:
  //
  //   (input - cache read - cache write) · input + cache read · cached_input + cache write · cache_write
  //   + (output - reasoning) · output + reasoning · reasoning
  //
  // Empty for a model that the table does not know, or not in this tier, and for a usage that cannot be (a negative
  // count, parts that are more than their whole): such a call is unpriced, never free.
  [[nodiscard]] std::optional<CallCost> cost(std::string_view model, const TokenUsage& usage, Timestamp when,
                                             PriceTier tier = PriceTier::standard) const;

 private:
  struct Prices {
    Dollars input, cached_input, cache_write, output, reasoning;  // for a million tokens
  };
  struct LongContext {
    std::int64_t above = 0;  // tokens of input
    Prices prices;
  };
  struct Entry {
    std::vector<Glob> names;
    Timestamp from = Timestamp::min();
    Prices standard;
    std::optional<Prices> batch;
    std::optional<LongContext> long_context;
  };

  [[nodiscard]] static Prices read_prices(const Object& members, const std::string& place);
  [[nodiscard]] static LongContext read_long_context(const Value& value, const std::string& place);
  [[nodiscard]] static Entry read_entry(const Value& value, const std::string& place);
  // Null: none for this.
  [[nodiscard]] static const Prices* prices_of(const Entry& entry, std::int64_t input_tokens, PriceTier tier) noexcept;
  [[nodiscard]] const Entry* find(std::string_view model, Timestamp when) const noexcept;

  std::string version_;
  std::vector<Entry> entries_;
};

}  // namespace spark
