// What calls of language models cost, in dollars and tokens: in all, by model, by span and by day.
//
// The only source is the spans' attributes. Metrics named api_cost are not looked at: a program that records both would
// pay twice.
//
//   llm.cost                                                dollars
//   gen_ai.usage.input_tokens, gen_ai.usage.output_tokens   tokens
//   gen_ai.request.model, else gen_ai.response.model        the model; empty if neither is there
//
// (All but the first are OpenTelemetry's semantic conventions for generative AI.) A span with any of these is a call,
// unless its gen_ai.operation.name says that it stands for calls below it (invoke_agent, invoke_workflow, create_agent)
// or calls no model (execute_tool), or it failed without a
// cost or tokens because it was refused or not sent (error_type budget_exceeded, refused, not_authorized, rate_limited,
// unavailable). A call without a cost, or with
// one that is no finite number of 0 or more, is unpriced: it adds to `unpriced`, never a zero to the cost. Tokens that
// are no such number count as none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spark/telemetry/sink.h"

namespace spark::analysis {

struct CostOptions {
  std::optional<std::string> span_name = {};  // a glob (spark/base/glob.h)
  std::optional<TraceId> trace_id = {};
  TimeRange start_time = {};     // of the spans
  std::size_t max_rows = 1'000;  // of each table but the days; further ones are in its row of others
  // Also look for the node that each call was made in, in the spans above it: a query for each trace with calls.
  bool by_node = false;

  bool operator==(const CostOptions&) const = default;
};

struct Cost {
  std::uint64_t calls = 0;
  std::uint64_t unpriced = 0;  // of the calls
  double dollars = 0;          // of the others
  std::uint64_t input_tokens = 0;
  std::uint64_t output_tokens = 0;

  // What would be more tokens than the type holds stays at its largest.
  Cost& operator+=(const Cost& more) noexcept;
  bool operator==(const Cost&) const = default;
};

struct CostRow {
  std::string name = {};     // the model; the span's name; the day of its start in UTC, "2025-01-15"; the node's id
  std::string node_id = {};  // of by_span, where there is one
  Cost cost = {};

  bool operator==(const CostRow&) const = default;
};

struct CostTable {
  std::vector<CostRow> rows = {};
  Cost others = {};  // of what found max_rows rows

  bool operator==(const CostTable&) const = default;
};

struct CostSummary {
  Cost total = {};
  CostTable by_model = {};  // the dearest first, then the most calls, then by name
  CostTable by_span = {};   // in the same order
  CostTable by_day = {};    // the first day first; at most max_cost_days
  CostTable by_node = {};   // in the order of by_model, if it was asked for; an empty name: in no node

  bool operator==(const CostSummary&) const = default;
};

inline constexpr std::size_t max_cost_days = 10'000;

// Streams the spans with their attributes. Throws Error(invalid_argument) naming the field, and whatever the store
// throws. Blocks as long as its query.
[[nodiscard]] CostSummary cost_summary(Store& store, const CostOptions& options = {});

}  // namespace spark::analysis
