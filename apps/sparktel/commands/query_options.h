// The options that mirror the queries (spark/telemetry/query.h), declared alike on every command that has them, and the
// queries that they make. Options are kept as they will be used: what is wrong is refused while arguments are parsed.
// For the main thread. What is given by reference outlives the command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spark/telemetry/query.h"
#include "spark/telemetry/sink.h"

namespace CLI {
class App;
}

namespace spark::sparktel {

// What is asked for.
enum class RecordType : std::uint8_t { traces, spans, events, metrics };

// "traces" and so on. Static storage.
[[nodiscard]] std::string_view to_string(RecordType type) noexcept;
// Throws Error(invalid_argument) listing the names.
[[nodiscard]] RecordType parse_record_type(std::string_view name);

struct QueryOptions {
  std::optional<std::string> name = {};    // a glob
  std::optional<std::string> status = {};  // of traces and spans
  std::optional<std::string> kind = {};    // of spans
  std::optional<std::string> type = {};    // of events and metrics
  std::string trace = {};                  // an id, its beginning or "latest"; empty: any
  TimeRange time = {};                     // of starts and timestamps
  DurationRange duration = {};             // of traces and spans
  std::vector<AttributeFilter> where = {};
  Order order = Order::newest_first;
  std::size_t limit = 20;
  bool json = false;
};

// All options that records of this type have. `now` is what --since 1h counts from.
void add_query_options(CLI::App& command, QueryOptions& options, RecordType type, Timestamp now);
// The conditions alone, for a command whose records are of any type. Whether they fit is for require_applicable.
void add_condition_options(CLI::App& command, QueryOptions& options, Timestamp now);
// Throws CLI::ValidationError, which is exit code 2, for a condition that records of this type do not have.
void require_applicable(const QueryOptions& options, RecordType type);
// The same for a range that ends before it begins; add_time_options() takes care of its own.
void require_times_in_order(const TimeRange& time);

// Single ones, for commands that have few.
void add_name_option(CLI::App& command, std::optional<std::string>& name, const std::string& of);
void add_trace_option(CLI::App& command, std::string& trace);
void add_time_options(CLI::App& command, TimeRange& time, Timestamp now);
// From 1 to `most`; the value is the default.
void add_limit_option(CLI::App& command, std::size_t& limit, std::size_t most = default_query_limit);
void add_json_option(CLI::App& command, bool& json);

// The store finds what options.trace is the beginning of; throws Error(not_found, invalid_argument) as find_trace_id.
[[nodiscard]] TraceQuery trace_query(const QueryOptions& options, Store& store);
[[nodiscard]] SpanQuery span_query(const QueryOptions& options, Store& store);
[[nodiscard]] EventQuery event_query(const QueryOptions& options, Store& store);
[[nodiscard]] MetricQuery metric_query(const QueryOptions& options, Store& store);

// "There are more: these are the newest 20; see --limit." with a line end.
[[nodiscard]] std::string more_rows_note(const QueryOptions& options, std::size_t rows);

}  // namespace spark::sparktel
