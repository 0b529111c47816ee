// sparktel doctor: whether a file or a database is healthy, and what to do if it is not.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/doctor/examine.h"
#include "apps/sparktel/terminal/style.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

struct DoctorOptions {
  Location where = "telemetry.db";
  bool full = false;
  bool json = false;
};

struct Mark {
  const char* text;
  Style style;
};

Mark mark_of(Health health) {
  switch (health) {
    case Health::good:
      return {"✓", Style::green};
    case Health::unknown:
      return {"?", Style::dim};
    case Health::doubtful:
      return {"!", Style::yellow};
    case Health::bad:
      return {"✗", Style::red};
  }
  return {"?", Style::plain};
}

void append_wrapped(std::string& out, const std::string& text, const Canvas& canvas, Style style) {
  constexpr std::size_t indent = 15;
  bool is_first = true;
  for (const std::string& line : wrap(text, canvas.width - indent)) {
    if (!is_first || style == Style::dim) out += std::string(indent, ' ');
    out += paint(line, style, canvas) + "\n";
    is_first = false;
  }
}

std::string draw(const std::vector<Finding>& findings, const Canvas& canvas) {
  std::string out;
  for (const Finding& finding : findings) {
    const Mark mark = mark_of(finding.health);
    out += paint(mark.text, mark.style, canvas) + " " + pad_right(finding.check, 13);
    append_wrapped(out, printable(finding.message), canvas, Style::plain);
    if (!finding.advice.empty()) append_wrapped(out, printable(finding.advice), canvas, Style::dim);
  }
  return out;
}

std::string to_json(const std::vector<Finding>& findings, const std::string& where, bool healthy) {
  Array checks;
  for (const Finding& finding : findings) {
    checks.emplace_back(Object{{"check", finding.check},
                               {"status", to_string(finding.health)},
                               {"message", finding.message},
                               {"advice", finding.advice}});
  }
  return to_pretty_json(Object{{"file", where}, {"healthy", healthy}, {"checks", std::move(checks)}}) + "\n";
}

int run(const DoctorOptions& options) {
  const std::vector<Finding> findings = examine(options.where, {.full = options.full});
  const bool healthy = std::none_of(findings.begin(), findings.end(),
                                    [](const Finding& finding) { return finding.health == Health::bad; });
  print(options.json ? to_json(findings, options.where.name(), healthy) : draw(findings, canvas_for(stdout)));
  return healthy ? exit_success : exit_failure;
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* const command =
      app.add_subcommand("doctor", "Check a file or a database, and say what to do if something is wrong");
  add_store_argument(*command, options->where);
  command->add_flag("--full", options->full, "Also check that indexes agree with their tables; takes longer");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Nothing is changed. The exit code is 1 if there is a problem (✗), 0 if there are warnings (!) only.\n\n"
      "Examples:\n"
      "  sparktel doctor\n"
      "  sparktel doctor production.db --full\n"
      "  sparktel doctor postgresql://localhost/telemetry\n"
      "  sparktel doctor --json | jq -r '.checks[] | select(.status != \"ok\") | .advice'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
