#include "apps/sparktel/views/ledger.h"

#include <cstdint>

#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {

namespace {

struct LedgerRow {
  RecordKind kind = RecordKind::span;
  std::uint64_t recorded = 0;
  std::uint64_t sampled_out = 0;
  std::uint64_t dropped = 0;   // before and in all sinks
  std::uint64_t exported = 0;  // by all sinks
};

std::vector<LedgerRow> rows_of(const Stats& stats) {
  std::vector<LedgerRow> rows;
  for (std::size_t kind = 0; kind < record_kinds; ++kind) {
    const FrontRow& front = stats.front[kind];
    LedgerRow row{.kind = static_cast<RecordKind>(kind),
                  .recorded = front.recorded,
                  .sampled_out = front.sampled_out,
                  .dropped = sum(front.dropped)};
    for (const SinkStats& sink : stats.sinks) {
      row.dropped += sum(sink.rows[kind].dropped);
      row.exported += sink.rows[kind].exported;
    }
    if (row.recorded > 0) rows.push_back(row);
  }
  return rows;
}

// What a sink whose far end was away has to say of that; empty where there is nothing.
std::string delivery_of(const SinkStats& sink) {
  std::uint64_t spooled = 0, recovered = 0;
  for (const SinkRow& row : sink.rows) {
    spooled += row.spooled;
    recovered += row.recovered;
  }
  std::string out;
  const auto add = [&out](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (sink.breaker != BreakerState::closed) add("the circuit breaker is " + std::string(to_string(sink.breaker)));
  if (sink.retries > 0) add(format_count(sink.retries) + " repeated attempts");
  if (spooled > 0) add(format_count(spooled) + " records in the spool");
  if (recovered > 0) add(format_count(recovered) + " taken over from another process");
  return out;
}

}  // namespace

bool is_all_exported(const Stats& stats) {
  for (const LedgerRow& row : rows_of(stats)) {
    if (row.dropped > 0 || row.exported != (row.recorded - row.sampled_out) * stats.sinks.size()) return false;
  }
  return stats.balanced();
}

std::string draw_ledger(const Stats& stats, const Canvas& canvas) {
  Table table({{.header = "record"},
               {.header = "recorded", .align = Align::right},
               {.header = "sampled out", .align = Align::right},
               {.header = "dropped", .align = Align::right},
               {.header = "exported", .align = Align::right}});
  for (const LedgerRow& row : rows_of(stats)) {
    table.add_row({std::string(to_string(row.kind)),
                   format_count(row.recorded),
                   format_count(row.sampled_out),
                   {format_count(row.dropped), row.dropped > 0 ? Style::red : Style::plain},
                   format_count(row.exported)});
  }
  std::string out = table.draw(canvas);
  if (is_all_exported(stats)) return out + "Balanced: every record is accounted for, and none was lost.\n";
  out += stats.balanced() ? "Balanced, but not every record was exported.\n"
                          : "Not balanced: some records are not accounted for.\n";
  for (const SinkStats& sink : stats.sinks) {
    if (!sink.last_error.empty()) out += printable(sink.name + ": " + sink.last_error) + "\n";
    if (const std::string delivery = delivery_of(sink); !delivery.empty()) {
      out += printable(sink.name + ": " + delivery) + "\n";
    }
  }
  return out;
}

Object ledger_to_object(const Stats& stats) {
  Object kinds;
  for (const LedgerRow& row : rows_of(stats)) {
    kinds.set(std::string(to_string(row.kind)), Object{{"recorded", row.recorded},
                                                       {"sampled_out", row.sampled_out},
                                                       {"dropped", row.dropped},
                                                       {"exported", row.exported}});
  }
  return Object{{"balanced", stats.balanced()}, {"kinds", std::move(kinds)}};
}

}  // namespace spark::sparktel
