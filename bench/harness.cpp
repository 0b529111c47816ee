#include "harness.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "spark/base/json.h"

namespace spark::bench {
namespace {

// Three significant digits, but never an exponent.
std::string readable(double value) {
  std::ostringstream text;
  const double magnitude = std::abs(value);
  const int decimals = magnitude >= 100 || value == 0 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3;
  text << std::fixed << std::setprecision(decimals) << value;
  return text.str();
}

std::string target_text(const Result& result) {
  if (!result.target) return "report";
  return (result.better == Result::Better::lower ? "<= " : ">= ") + readable(*result.target) +
         (result.x_base ? " xbase" : "");
}

std::string verdict_text(const Result& result) {
  if (!result.no_verdict.empty()) return "no verdict: " + result.no_verdict;
  if (const auto ok = result.ok()) return *ok ? "ok" : "MISSED";
  return "-";
}

constexpr int name_width = 36, value_width = 12, unit_width = 6, base_width = 8, target_width = 15;

void print_header(std::ostream& out) {
  out << std::left << std::setw(name_width) << "row" << std::right << std::setw(value_width) << "value" << ' '
      << std::left << std::setw(unit_width) << "unit" << std::right << std::setw(base_width) << "xbase"
      << "  " << std::left << std::setw(target_width) << "to reach"
      << "verdict\n";
}

void print(std::ostream& out, const Result& result) {
  out << std::left << std::setw(name_width) << result.name << std::right << std::setw(value_width)
      << readable(result.value) << ' ' << std::left << std::setw(unit_width) << result.unit << std::right
      << std::setw(base_width) << (result.x_base ? readable(*result.x_base) : "-") << "  " << std::left
      << std::setw(target_width) << target_text(result) << verdict_text(result);
  if (!result.note.empty()) out << "  (" << result.note << ')';
  out << std::endl;
}

Value optional_value(const std::optional<double>& value) { return value ? Value(*value) : Value(); }

void write_json(const std::string& path, const std::vector<Result>& results) {
  std::ofstream file(path);
  const char* before = "[\n";
  for (const Result& result : results) {
    const auto ok = result.ok();
    file << before
         << to_json(Object{{"name", result.name},
                           {"value", result.value},
                           {"unit", result.unit},
                           {"x_base", optional_value(result.x_base)},
                           {"target", optional_value(result.target)},
                           {"ok", ok ? Value(*ok) : Value()}});
    before = ",\n";
  }
  file << (results.empty() ? "[]\n" : "\n]\n");
  file.close();
  if (!file) throw std::runtime_error("cannot write the results to " + path);
}

// On a terminal, one line that says what is being measured and goes when there is a result.
void show_progress(const std::string& what) {
  static const bool is_terminal = isatty(STDERR_FILENO) == 1;
  if (!is_terminal) return;
  std::cerr << "\r\033[K" << what << std::flush;
}

std::vector<const Row*> selected(const std::vector<Row>& rows, const std::string& filter) {
  const std::regex pattern(filter);
  std::vector<const Row*> result;
  for (const Row& row : rows) {
    const auto matches = [&](const std::string& name) { return std::regex_search(name, pattern); };
    if (std::any_of(row.names.begin(), row.names.end(), matches)) result.push_back(&row);
  }
  if (result.empty()) throw std::invalid_argument("no row matches --filter " + filter);
  return result;
}

}  // namespace

std::optional<bool> Result::ok() const noexcept {
  if (!target || !no_verdict.empty()) return std::nullopt;
  const double measured = x_base.value_or(value);
  return better == Better::lower ? measured <= *target : measured >= *target;
}

bool run(const std::vector<Row>& rows, const Options& options, std::ostream& out) {
  const auto chosen = selected(rows, options.filter);
  print_machine(out);
  print_header(out);
  std::vector<Result> results;
  bool all_right = true;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const Row& row = *chosen[i];
    std::string progress = std::to_string(i + 1);
    progress.append("/").append(std::to_string(chosen.size())).append(" ").append(row.names.front());
    show_progress(progress);
    try {
      auto measured = row.run(options);
      show_progress("");
      for (const Result& result : measured) print(out, result);
      std::move(measured.begin(), measured.end(), std::back_inserter(results));
    } catch (const std::exception& error) {
      show_progress("");
      all_right = false;
      out << std::left << std::setw(name_width) << row.names.front() << "FAILED: " << error.what() << std::endl;
    }
  }
  if (!options.json_path.empty()) write_json(options.json_path, results);
  return all_right;
}

}  // namespace spark::bench
