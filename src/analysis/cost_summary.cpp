#include "spark/analysis/cost_summary.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "analysis/checks.h"
#include "analysis/span_label.h"
#include "analysis/sum.h"
#include "telemetry/genai.h"

namespace spark::analysis {

namespace genai = ::spark::detail::genai;

namespace {

// The attribute as a finite number of 0 or more.
std::optional<double> amount(const Value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->as_double();
  return std::isfinite(number) && number >= 0 ? std::optional(number) : std::nullopt;
}

std::uint64_t tokens(const Value* value) {
  constexpr double limit = 1e15;  // more than any call has
  return static_cast<std::uint64_t>(std::min(amount(value).value_or(0), limit));
}

void add_saturating(std::uint64_t& sum, std::uint64_t more) noexcept {
  if (__builtin_add_overflow(sum, more, &sum)) sum = std::numeric_limits<std::uint64_t>::max();
}

struct Call {
  std::optional<double> dollars;
  std::uint64_t input_tokens;
  std::uint64_t output_tokens;
};

struct Account {
  CostRow row;
  detail::Sum dollars;

  void add(const Call& call) {
    Cost& cost = row.cost;
    ++cost.calls;
    if (call.dollars) {
      dollars.add(*call.dollars);
    } else {
      ++cost.unpriced;
    }
    add_saturating(cost.input_tokens, call.input_tokens);
    add_saturating(cost.output_tokens, call.output_tokens);
  }
  CostRow finish() {
    row.cost.dollars = dollars.value();
    return std::move(row);
  }
};

class Accounts {
 public:
  explicit Accounts(std::size_t most) : most_(most) {}

  void add(std::string_view name, std::string_view node_id, const Call& call) {
    key_.clear();
    detail::append_key(key_, name);
    detail::append_key(key_, node_id);
    auto found = accounts_.find(key_);
    if (found == accounts_.end()) {
      if (accounts_.size() == most_) return others_.add(call);
      found = accounts_.try_emplace(key_).first;
      found->second.row.name = name;
      found->second.row.node_id = node_id;
    }
    found->second.add(call);
  }

  // The order is by name.
  CostTable finish() {
    CostTable table;
    for (auto& [key, account] : accounts_) table.rows.push_back(account.finish());
    std::sort(table.rows.begin(), table.rows.end(), [](const CostRow& a, const CostRow& b) {
      return std::tie(a.name, a.node_id) < std::tie(b.name, b.node_id);
    });
    table.others = others_.finish().cost;
    return table;
  }

 private:
  std::size_t most_;
  std::unordered_map<std::string, Account> accounts_;
  Account others_;
  std::string key_;  // reused
};

CostTable dearest_first(CostTable table) {
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const CostRow& a, const CostRow& b) {
    return std::tie(b.cost.dollars, b.cost.calls) < std::tie(a.cost.dollars, a.cost.calls);
  });
  return table;
}

// A span that stands for calls below it, or calls no model, may name a model and tokens all the same.
bool is_no_call(const Span& span) {
  const std::string_view operation = detail::text_attribute(span, genai::operation);
  return operation == "invoke_agent" || operation == "invoke_workflow" || operation == "create_agent" ||
         operation == "execute_tool";
}

// A call that was refused, or never sent, and so has cost nothing (agents/model.cpp counts alike).
bool was_refused(const Span& span) {
  constexpr std::array types{"budget_exceeded", "refused", "not_authorized", "rate_limited", "unavailable"};
  return span.status == SpanStatus::failed && std::find(types.begin(), types.end(), span.error_type) != types.end();
}

// Calls by the trace that they are in, until it is known which node made them.
class CallsOfTraces {
 public:
  void add(const Span& span, const Call& call) { calls_[span.trace_id].emplace_back(span.span_id, call); }

  void find_nodes(Store& store, Accounts& by_node) const {
    for (const auto& [trace, calls] : calls_) {
      std::unordered_map<SpanId, Place> places;
      const SpanQuery query{.trace_id = trace};
      store.each_span(query, [&places](const Span& span) {
        Place& place = places[span.span_id];
        place.parent = span.parent_span_id;
        place.node_id = detail::text_attribute(span, "node_id");
        return true;
      });
      for (const auto& [span, call] : calls) by_node.add(node_above(places, span), {}, call);
    }
  }

 private:
  struct Place {
    SpanId parent;
    std::string node_id;
  };

  // Its own, or that of the nearest span above it. Damaged data may lead round in a circle.
  static std::string_view node_above(const std::unordered_map<SpanId, Place>& places, SpanId span) {
    for (std::size_t steps = 0; steps <= places.size(); ++steps) {
      const auto found = places.find(span);
      if (found == places.end()) break;
      if (!found->second.node_id.empty()) return found->second.node_id;
      span = found->second.parent;
    }
    return {};
  }

  std::unordered_map<TraceId, std::vector<std::pair<SpanId, Call>>> calls_;
};

std::string_view model_of(const Span& span) {
  const std::string_view requested = detail::text_attribute(span, genai::request_model);
  return !requested.empty() ? requested : detail::text_attribute(span, genai::response_model);
}

}  // namespace

Cost& Cost::operator+=(const Cost& more) noexcept {
  calls += more.calls;
  unpriced += more.unpriced;
  dollars += more.dollars;
  add_saturating(input_tokens, more.input_tokens);
  add_saturating(output_tokens, more.output_tokens);
  return *this;
}

CostSummary cost_summary(Store& store, const CostOptions& options) {
  detail::check_not_zero("CostOptions::max_rows", options.max_rows);
  Account total;
  Accounts by_model(options.max_rows), by_span(options.max_rows), by_day(max_cost_days), by_node(options.max_rows);
  CallsOfTraces calls;
  const SpanQuery query{.trace_id = options.trace_id, .name = options.span_name, .start_time = options.start_time};
  store.each_span(query, [&](const Span& span) {
    const Value* cost = span.attributes.find(genai::cost);
    const Value* input = span.attributes.find(genai::input_tokens);
    const Value* output = span.attributes.find(genai::output_tokens);
    const std::string_view model = model_of(span);
    if (cost == nullptr && input == nullptr && output == nullptr && model.empty()) return true;
    const bool is_free = cost == nullptr && input == nullptr && output == nullptr && was_refused(span);
    if (is_no_call(span) || is_free) return true;
    const Call call{amount(cost), tokens(input), tokens(output)};
    total.add(call);
    by_model.add(model, {}, call);
    by_span.add(span.name, detail::text_attribute(span, "node_id"), call);
    by_day.add(std::string_view(to_iso8601(span.start_time)).substr(0, 10), {}, call);
    if (options.by_node) calls.add(span, call);
    return true;
  });
  calls.find_nodes(store, by_node);
  return {.total = total.finish().cost,
          .by_model = dearest_first(by_model.finish()),
          .by_span = dearest_first(by_span.finish()),
          .by_day = by_day.finish(),
          .by_node = dearest_first(by_node.finish())};
}

}  // namespace spark::analysis
