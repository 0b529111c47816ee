#include "apps/sparktel/demo/demo_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "apps/sparktel/demo/documents.h"
#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"
#include "apps/sparktel/views/ledger.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t word_share_cells = 10;

std::string heading(std::string_view text, const Canvas& canvas) {
  return "\n" + paint(text, Style::bold, canvas) + "\n\n";
}

std::size_t analysed(const std::vector<DocumentRun>& runs) {
  return static_cast<std::size_t>(
      std::count_if(runs.begin(), runs.end(), [](const DocumentRun& run) { return run.report.has_value(); }));
}

std::string top_words_text(const DocumentReport& report) {
  std::string text;
  for (const auto& [word, count] : report.top_words) {
    text += (text.empty() ? "" : ", ") + fmt::format("{} {}", word, format_count(count));
  }
  return text;
}

// "72 fairly easy", with a mark if it is that of a sample.
std::string reading_ease(const DocumentReport& report) {
  return fmt::format("{}{:.0f} {}", report.is_sampled ? "~" : "", report.reading_ease,
                     describe_reading_ease(report.reading_ease));
}

std::string longest_sentence(const DocumentReport& report) {
  if (report.longest_sentences.empty()) return "";
  return fmt::format("{} words", format_count(report.longest_sentences.front().second));
}

std::string draw_documents(const std::vector<DocumentRun>& runs, const Canvas& canvas) {
  std::size_t most_words = 1;
  for (const DocumentRun& run : runs) {
    if (run.report) most_words = std::max(most_words, run.report->words);
  }
  Table table({{.header = "document", .least_width = 12},
               {.header = "words", .align = Align::right},
               {.header = "", .is_optional = true},
               {.header = "distinct", .align = Align::right},
               {.header = "lines", .align = Align::right},
               {.header = "reading ease", .is_optional = true},
               {.header = "most frequent words", .least_width = 12, .is_optional = true},
               {.header = "longest sentence", .align = Align::right, .is_optional = true}});
  std::string failures;
  bool has_sample = false;
  for (const DocumentRun& run : runs) {
    const std::string name = run.path.substr(run.path.rfind('/') + 1);
    if (!run.report) {
      table.add_row({{name, Style::red}, {"failed", Style::red}});
      for (const std::string& line : wrap(printable(run.error), canvas.width)) {
        failures += paint(line, Style::red, canvas) + "\n";
      }
      continue;
    }
    has_sample = has_sample || run.report->is_sampled;
    const double share = static_cast<double>(run.report->words) / static_cast<double>(most_words);
    table.add_row({name,
                   format_count(run.report->words),
                   {run.report->words > 0 ? bar(0, share, word_share_cells) : "", Style::cyan},
                   format_count(run.report->distinct_words),
                   format_count(run.report->lines),
                   reading_ease(*run.report),
                   {top_words_text(*run.report), Style::dim},
                   longest_sentence(*run.report)});
  }
  std::string out = heading(fmt::format("{} of {} documents analysed", analysed(runs), runs.size()), canvas);
  out += table.draw(canvas);
  if (has_sample) out += "~ estimated from the beginning of the text\n";
  return failures.empty() ? out : out + "\n" + failures;
}

std::string draw_nodes(const std::vector<NodeSummary>& nodes, const Canvas& canvas) {
  Table table({{.header = "node", .least_width = 12},
               {.header = "count", .align = Align::right},
               {.header = "p50", .align = Align::right},
               {.header = "p95", .align = Align::right},
               {.header = "errors", .align = Align::right}});
  for (const NodeSummary& node : nodes) {
    table.add_row({node.name,
                   format_count(node.count),
                   format_duration(node.p50),
                   format_duration(node.p95),
                   {format_count(node.errors), node.errors > 0 ? Style::red : Style::plain}});
  }
  return table.draw(canvas);
}

// Its graph only where it says most: once.
std::string draw_picture(const char* title, const std::optional<TraceParts>& parts, bool with_graph,
                         const Canvas& canvas) {
  if (!parts) return "";
  TraceParts shown = *parts;
  if (!with_graph) shown.graphs.clear();
  return heading(title, canvas) + draw_trace(shown, canvas);
}

std::string draw_pictures(const DemoReport& report, const Canvas& canvas) {
  std::string out = draw_picture("The slowest run", report.slowest, !report.timed_out, canvas);
  out +=
      draw_picture("A file that was late: the first attempt failed, the next did not", report.retried, false, canvas);
  return out + draw_picture("A node that took too long: its error edge led to another", report.timed_out, true, canvas);
}

// As a shell takes it back.
std::string quoted(const std::string& text) {
  constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:+,@%";
  if (!text.empty() && text.find_first_not_of(harmless) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string draw_next_steps(const DemoReport& report, const Canvas& canvas) {
  std::string out = heading("What to do next", canvas);
  const std::string program = quoted(report.program);
  const std::string database = quoted(report.argument.empty() ? report.database : report.argument);
  out += "The telemetry is in " + printable(report.database) + ".\n\n";
  out += printable(fmt::format("  {} traces --db {}", program, database)) + "\n";
  const auto failed = std::find_if(report.runs.begin(), report.runs.end(),
                                   [](const DocumentRun& run) { return !run.report && run.trace_id.is_valid(); });
  const TraceId failed_id = failed != report.runs.end() ? failed->trace_id : TraceId();
  const auto add_show = [&](const std::optional<TraceParts>& parts, const char* remark) {
    if (!parts || parts->trace.trace_id == failed_id) return;
    const std::string id = parts->trace.trace_id.to_string();
    out += printable(fmt::format("  {} show {} --db {}{}", program, id, database, remark)) + "\n";
  };
  add_show(report.slowest, "");
  add_show(report.retried, "  # a retry");
  add_show(report.timed_out, "  # a timeout");
  if (failed_id.is_valid()) {
    out += printable(fmt::format("  {} show {} --events --db {}", program, failed_id.to_string(), database)) + "\n";
  }
  return out;
}

Object document_object(const DocumentRun& run) {
  Object object{{"file", run.path},
                {"trace_id", run.trace_id.is_valid() ? Value(run.trace_id.to_string()) : Value()},
                {"status", run.report ? "completed" : "failed"}};
  if (!run.report) {
    object.set("error", run.error);
    return object;
  }
  Array top;
  for (const auto& [word, count] : run.report->top_words) top.emplace_back(Object{{"word", word}, {"count", count}});
  object.set("words", run.report->words);
  object.set("distinct_words", run.report->distinct_words);
  object.set("lines", run.report->lines);
  object.set("top_words", std::move(top));
  Array longest;
  for (const auto& [begins, words] : run.report->longest_sentences) {
    longest.emplace_back(Object{{"begins", begins}, {"words", words}});
  }
  object.set("sentences", run.report->sentences);
  object.set("longest_sentences", std::move(longest));
  object.set("reading_ease", run.report->reading_ease);
  object.set("is_sampled", run.report->is_sampled);
  return object;
}

}  // namespace

std::string draw_report(const DemoReport& report, const Canvas& canvas) {
  std::string out = draw_documents(report.runs, canvas);
  out += draw_pictures(report, canvas);
  out += heading("Nodes", canvas) + draw_nodes(report.nodes, canvas);
  out += heading("Ledger", canvas) + draw_ledger(report.stats, canvas);
  return out.substr(1) + draw_next_steps(report, canvas);
}

std::string report_to_json(const DemoReport& report) {
  Array documents;
  for (const DocumentRun& run : report.runs) documents.emplace_back(document_object(run));
  Array nodes;
  for (const NodeSummary& node : report.nodes) {
    nodes.emplace_back(Object{{"name", node.name},
                              {"count", node.count},
                              {"errors", node.errors},
                              {"p50", Seconds(node.p50).count()},
                              {"p95", Seconds(node.p95).count()}});
  }
  const auto id_of = [](const std::optional<TraceParts>& parts) {
    return parts ? Value(parts->trace.trace_id.to_string()) : Value();
  };
  return to_pretty_json(Object{{"database", report.database},
                               {"documents", std::move(documents)},
                               {"slowest_trace_id", id_of(report.slowest)},
                               {"retried_trace_id", id_of(report.retried)},
                               {"timed_out_trace_id", id_of(report.timed_out)},
                               {"nodes", std::move(nodes)},
                               {"ledger", ledger_to_object(report.stats)}}) +
         "\n";
}

}  // namespace spark::sparktel
