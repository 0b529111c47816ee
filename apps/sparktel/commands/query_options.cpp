#include "apps/sparktel/commands/query_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <utility>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/trace_ids.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"
#include "spark/base/glob.h"

namespace spark::sparktel {

namespace {

constexpr std::array<std::string_view, 4> type_names{"traces", "spans", "events", "metrics"};
constexpr std::array<std::pair<const char*, Order>, 4> orders{{{"newest", Order::newest_first},
                                                               {"oldest", Order::oldest_first},
                                                               {"longest", Order::longest_first},
                                                               {"shortest", Order::shortest_first}}};

bool has_duration(RecordType type) { return type == RecordType::traces || type == RecordType::spans; }

void add_status_option(CLI::App& command, QueryOptions& options, RecordType type) {
  std::vector<std::string> names{"completed", "failed", "cancelled"};
  if (type == RecordType::traces) names.emplace_back("started");
  command.add_option("--status", options.status, "Only those with this status")->check(CLI::IsMember(names));
}

void add_kind_option(CLI::App& command, QueryOptions& options) {
  command.add_option("--kind", options.kind, "Only spans of this kind")
      ->transform(CLI::IsMember({"INTERNAL", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"}, CLI::ignore_case));
}

void add_type_option(CLI::App& command, QueryOptions& options, RecordType type) {
  if (type == RecordType::events) {
    command.add_option("--type", options.type, "Only events of this type: node_finished");
    return;
  }
  command.add_option("--type", options.type, "Only metrics of this aggregation type")
      ->check(CLI::IsMember({"gauge", "counter", "histogram"}));
}

void add_duration_options(CLI::App& command, QueryOptions& options) {
  add_parsed_option(
      command, "--slower-than",
      [&options](const std::string& text) {
        // The range includes its beginning, and what takes as long is not slower.
        options.duration.min = parse_duration(text) + std::chrono::nanoseconds(1);
      },
      "Only those that took longer: 500ms, 1.5s, 2h");
  add_parsed_option(
      command, "--faster-than", [&options](const std::string& text) { options.duration.max = parse_duration(text); },
      "Only those that took less");
}

void add_where_option(CLI::App& command, QueryOptions& options) {
  add_repeated_option(
      command, "--where",
      [&options](const std::string& text) {
        if (options.where.size() == max_attribute_filters) {
          throw Error(ErrorCode::invalid_argument, fmt::format("at most {} conditions", max_attribute_filters));
        }
        options.where.push_back(parse_condition(text));
      },
      "Only those whose attributes hold this; repeat it for several conditions, which then hold together: "
      "'llm.cost>0.01', 'outputs/success==true', \"model=='gpt-4o'\", retries");
}

void add_order_option(CLI::App& command, QueryOptions& options, RecordType type) {
  std::vector<std::string> names;
  for (const auto& [name, order] : orders) {
    if (has_duration(type) || order == Order::newest_first || order == Order::oldest_first) names.emplace_back(name);
  }
  command
      .add_option_function<std::string>(
          "--order",
          [&options](const std::string& text) {
            for (const auto& [name, order] : orders) {
              if (text == name) options.order = order;
            }
          },
          "Which come first (default: newest)")
      ->check(CLI::IsMember(names));
}

std::optional<TraceId> trace_of(const QueryOptions& options, Store& store) {
  if (options.trace.empty()) return std::nullopt;
  return find_trace_id(store, options.trace);
}

}  // namespace

std::string_view to_string(RecordType type) noexcept { return type_names[static_cast<std::size_t>(type)]; }

RecordType parse_record_type(std::string_view name) {
  for (std::size_t i = 0; i < type_names.size(); ++i) {
    if (name == type_names[i]) return static_cast<RecordType>(i);
  }
  throw Error(ErrorCode::invalid_argument, "\"" + printable(name) + "\" is none of traces, spans, events and metrics");
}

void add_name_option(CLI::App& command, std::optional<std::string>& name, const std::string& of) {
  add_parsed_option(
      command, "--name",
      [&name](const std::string& text) {
        (void)Glob(text);
        name = text;
      },
      "Only " + of + " whose name matches this glob: 'Transform*'");
}

void add_trace_option(CLI::App& command, std::string& trace) {
  add_parsed_option(
      command, "--trace",
      [&trace](const std::string& text) {
        require_trace_id(text);
        trace = text;
      },
      "Only those of this trace: its id, the beginning of it, or latest");
}

void add_time_options(CLI::App& command, TimeRange& time, Timestamp now) {
  add_parsed_option(
      command, "--since", [&time, now](const std::string& text) { time.from = parse_time(text, now); },
      "Only from this time on: 1h (ago), 2026-01-15, 2026-01-15T10:00:00 (UTC)");
  add_parsed_option(
      command, "--until", [&time, now](const std::string& text) { time.to = parse_time(text, now); },
      "Only from before this time");
  // Whichever of the two came first.
  command.parse_complete_callback([&time] { require_times_in_order(time); });
}

void add_limit_option(CLI::App& command, std::size_t& limit, std::size_t most) {
  command.add_option("--limit", limit, fmt::format("At most this many (default: {})", limit))
      ->check(CLI::Range(std::size_t{1}, most));
}

void add_json_option(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Print JSON: every field, and nothing is cut");
}

void add_query_options(CLI::App& command, QueryOptions& options, RecordType type, Timestamp now) {
  add_name_option(command, options.name, std::string(to_string(type)));
  if (has_duration(type)) add_status_option(command, options, type);
  if (type == RecordType::spans) add_kind_option(command, options);
  if (!has_duration(type)) add_type_option(command, options, type);
  if (type != RecordType::traces) add_trace_option(command, options.trace);
  add_time_options(command, options.time, now);
  add_where_option(command, options);
  if (has_duration(type)) add_duration_options(command, options);
  add_order_option(command, options, type);
  add_limit_option(command, options.limit);
  add_json_option(command, options.json);
}

void add_condition_options(CLI::App& command, QueryOptions& options, Timestamp now) {
  add_name_option(command, options.name, "those");
  add_status_option(command, options, RecordType::traces);
  add_kind_option(command, options);
  command.add_option("--type", options.type,
                     "Only events of this type (node_finished), or metrics of this aggregation type (gauge)");
  add_trace_option(command, options.trace);
  add_time_options(command, options.time, now);
  add_where_option(command, options);
  add_duration_options(command, options);
}

void require_times_in_order(const TimeRange& time) {
  if (time.from && time.to && *time.to <= *time.from) {
    throw CLI::ValidationError("--until", "it is not after --since, so that nothing can lie between them");
  }
}

void require_applicable(const QueryOptions& options, RecordType type) {
  const auto refuse = [&](const char* option, const char* of) {
    throw CLI::ValidationError(option, fmt::format("{} have none: it is of {}", to_string(type), of));
  };
  const auto require_member = [](const char* option, std::string value, std::vector<std::string> names) {
    const std::string wrong = CLI::IsMember(std::move(names))(value);
    if (!wrong.empty()) throw CLI::ValidationError(option, wrong);
  };
  if (options.status && !has_duration(type)) refuse("--status", "traces and spans");
  if (options.status && type == RecordType::spans) {
    require_member("--status", *options.status, {"completed", "failed", "cancelled"});
  }
  if (options.kind && type != RecordType::spans) refuse("--kind", "spans");
  if (options.type && has_duration(type)) refuse("--type", "events and metrics");
  if (options.type && type == RecordType::metrics) {
    require_member("--type", *options.type, {"gauge", "counter", "histogram"});
  }
  if (options.duration.min && !has_duration(type)) refuse("--slower-than", "traces and spans");
  if (options.duration.max && !has_duration(type)) refuse("--faster-than", "traces and spans");
}

TraceQuery trace_query(const QueryOptions& options, Store& store) {
  TraceQuery query{.limit = options.limit,
                   .trace_id = trace_of(options, store),
                   .name = options.name,
                   .start_time = options.time,
                   .duration = options.duration,
                   .attributes = options.where,
                   .order = options.order};
  if (options.status) query.status = parse_trace_status(*options.status);
  return query;
}

SpanQuery span_query(const QueryOptions& options, Store& store) {
  SpanQuery query{.limit = options.limit,
                  .trace_id = trace_of(options, store),
                  .name = options.name,
                  .start_time = options.time,
                  .duration = options.duration,
                  .attributes = options.where,
                  .order = options.order};
  if (options.kind) query.kind = parse_span_kind(*options.kind);
  if (options.status) query.status = parse_span_status(*options.status);
  return query;
}

EventQuery event_query(const QueryOptions& options, Store& store) {
  return {.limit = options.limit,
          .trace_id = trace_of(options, store),
          .event_type = options.type,
          .name = options.name,
          .timestamp = options.time,
          .attributes = options.where,
          .order = options.order};
}

MetricQuery metric_query(const QueryOptions& options, Store& store) {
  MetricQuery query{.limit = options.limit,
                    .trace_id = trace_of(options, store),
                    .name = options.name,
                    .timestamp = options.time,
                    .attributes = options.where,
                    .order = options.order};
  if (options.type) query.aggregation_type = parse_aggregation_type(*options.type);
  return query;
}

std::string more_rows_note(const QueryOptions& options, std::size_t rows) {
  const char* which = "newest";
  for (const auto& [name, order] : orders) {
    if (order == options.order) which = name;
  }
  return paragraph(fmt::format("There are more: these are the {} {}; see --limit.", which, rows),
                   canvas_for(stdout).width);
}

}  // namespace spark::sparktel
