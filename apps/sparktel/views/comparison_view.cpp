#include "apps/sparktel/views/comparison_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"

namespace spark::sparktel {

namespace {

using analysis::Comparison;
using analysis::DurationVerdict;
using analysis::ErrorVerdict;
using analysis::RealInterval;
using analysis::VersionRuns;

constexpr std::size_t proportion_cells = 12;

std::string drawn_share(double part, double whole) {
  return whole > 0 && part > 0 ? bar(0, part / whole, proportion_cells) : "";
}

std::string probability(double p_value) { return p_value < 0.0001 ? "p < 0.0001" : fmt::format("p = {:.2g}", p_value); }

std::string points(double difference) { return fmt::format("{:+.1f}", difference * 100); }

std::string signed_seconds(double seconds) {
  return (seconds < 0 ? "-" : "+") + format_seconds(Seconds(std::abs(seconds)));
}

std::string confidence_text(const analysis::CompareOptions& options) {
  return fmt::format("{:.0f} % interval", options.confidence * 100);
}

std::string error_sentence(const analysis::CompareOptions& options, const Comparison& comparison) {
  const double difference = comparison.b.errors.share() - comparison.a.errors.share();
  const std::string numbers =
      fmt::format("{} percentage points ({} {} to {}; {})", points(difference), confidence_text(options),
                  points(comparison.error_difference.low), points(comparison.error_difference.high),
                  probability(comparison.error_p_value));
  switch (comparison.errors) {
    case ErrorVerdict::not_enough_data:
      return fmt::format("Errors: not enough runs to say; {} of each version are needed.", options.min_runs);
    case ErrorVerdict::no_difference_found:
      return "Errors: no difference found, " + numbers + ".";
    case ErrorVerdict::fewer_errors:
      return "Errors: " + options.version_b + " fails less often, " + numbers + ".";
    case ErrorVerdict::more_errors:
      return "Errors: " + options.version_b + " fails more often, " + numbers + ".";
  }
  return {};
}

std::string duration_sentence(const analysis::CompareOptions& options, const Comparison& comparison) {
  const std::string numbers =
      fmt::format("{} a run ({} {} to {}; {})", signed_seconds(comparison.shift.shift), confidence_text(options),
                  signed_seconds(comparison.shift.interval.low), signed_seconds(comparison.shift.interval.high),
                  probability(comparison.rank_test.p_value));
  switch (comparison.durations) {
    case DurationVerdict::not_enough_data:
      return fmt::format("Durations: not enough completed runs to say; {} of each version are needed.",
                         options.min_runs);
    case DurationVerdict::no_difference_found:
      return "Durations: no difference found, " + numbers + ".";
    case DurationVerdict::faster:
      return "Durations: " + options.version_b + " is faster, " + numbers + ".";
    case DurationVerdict::slower:
      return "Durations: " + options.version_b + " is slower, " + numbers + ".";
  }
  return {};
}

Style verdict_style(const Comparison& comparison) {
  if (comparison.errors == ErrorVerdict::more_errors || comparison.durations == DurationVerdict::slower) {
    return Style::yellow;
  }
  return Style::plain;
}

Object interval_object(const RealInterval& interval) { return Object{{"low", interval.low}, {"high", interval.high}}; }

Object runs_object(const VersionRuns& runs) {
  return Object{{"version", runs.version},
                {"runs", runs.errors.trials},
                {"failed", runs.errors.hits},
                {"error_share", runs.errors.share()},
                {"error_interval", interval_object(runs.error_interval)},
                {"cancelled", runs.cancelled},
                {"running", runs.running},
                {"more_runs", runs.more_runs},
                {"median", runs.median.count()},
                {"p95", runs.p95.count()},
                {"samples", runs.samples}};
}

}  // namespace

std::string draw_comparison(const analysis::CompareOptions& options, const Comparison& comparison,
                            const Canvas& canvas) {
  std::string out =
      paint(fit(printable("Graph " + options.graph_id + ": " + options.version_b + " against " + options.version_a),
                canvas.width),
            Style::bold, canvas) +
      "\n\n";
  const double most_errors = std::max(comparison.a.errors.share(), comparison.b.errors.share());
  const double longest = std::max(comparison.a.median.count(), comparison.b.median.count());
  Table table({{.header = "version", .least_width = 8},
               {.header = "runs", .align = Align::right},
               {.header = "failed", .align = Align::right},
               {.header = "", .is_optional = true},
               {.header = "interval", .align = Align::right, .is_optional = true},
               {.header = "median", .align = Align::right},
               {.header = "", .is_optional = true},
               {.header = "p95", .align = Align::right, .is_optional = true}});
  for (const VersionRuns* runs : {&comparison.a, &comparison.b}) {
    const bool has_durations = runs->samples > 0;
    table.add_row({runs->version,
                   format_count(runs->errors.trials),
                   format_share(runs->errors.share()),
                   {drawn_share(runs->errors.share(), most_errors), Style::red},
                   fmt::format("{:.0f}–{:.0f} %", runs->error_interval.low * 100, runs->error_interval.high * 100),
                   has_durations ? format_seconds(runs->median) : "-",
                   {drawn_share(runs->median.count(), longest), Style::cyan},
                   has_durations ? format_seconds(runs->p95) : "-"});
  }
  out += table.draw(canvas) + "\n";
  for (const std::string& sentence : {error_sentence(options, comparison), duration_sentence(options, comparison)}) {
    for (const std::string& line : wrap(printable(sentence), canvas.width)) {
      out += paint(line, verdict_style(comparison), canvas) + "\n";
    }
  }
  for (const VersionRuns* runs : {&comparison.a, &comparison.b}) {
    if (runs->cancelled + runs->running == 0 && !runs->more_runs) continue;
    std::string note = fmt::format("{}: {} cancelled and {} running runs do not count", runs->version,
                                   format_count(runs->cancelled), format_count(runs->running));
    if (runs->more_runs) note += "; older runs were not looked at";
    for (const std::string& line : wrap(printable(note + "."), canvas.width)) out += line + "\n";
  }
  return out;
}

Object to_object(const Comparison& comparison) {
  return Object{{"a", runs_object(comparison.a)},
                {"b", runs_object(comparison.b)},
                {"errors", to_string(comparison.errors)},
                {"error_difference", interval_object(comparison.error_difference)},
                {"error_p_value", comparison.error_p_value},
                {"durations", to_string(comparison.durations)},
                {"duration_shift", comparison.shift.shift},
                {"duration_interval", interval_object(comparison.shift.interval)},
                {"duration_p_value", comparison.rank_test.p_value}};
}

}  // namespace spark::sparktel
