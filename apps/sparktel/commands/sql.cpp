// sparktel sql: one SELECT over views and tables, as a table, JSON or CSV.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/sparktel/commands/arguments.h"
#include "apps/sparktel/commands/command.h"
#include "apps/sparktel/commands/store_argument.h"
#include "apps/sparktel/formats/csv.h"
#include "apps/sparktel/terminal/table.h"
#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t most_table_rows = 1'000;  // which are held until the widths of their columns are known
constexpr std::size_t printed_at_once = 1 << 16;
constexpr std::size_t least_column_width = 8;

struct SqlOptions {
  std::optional<Location> where;
  std::string statement;
  Seconds time_limit{30};
  bool json = false;
  bool csv = false;
};

// A blob as SQL writes it.
std::string hex_of(const Bytes& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "x'";
  for (const std::uint8_t octet : bytes.octets) {
    text += digits[octet >> 4];
    text += digits[octet & 0xF];
  }
  return text + "'";
}

std::string cell_text(const Value& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.as_string();
  if (value.is_bytes()) return hex_of(value.as_bytes());
  if (value.is_double() && !(value.as_double() - value.as_double() == 0)) return value.as_double() > 0 ? "Inf" : "-Inf";
  return to_json(value);
}

// A member of an object has one name: a second column "a" is "a:1".
std::vector<std::string> distinct_names(const SqlRows& rows) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (int i = 0; i < rows.columns(); ++i) {
    std::string name = rows.name(i);
    for (int number = 1; !taken.insert(name).second; ++number) name = rows.name(i) + ":" + std::to_string(number);
    names.push_back(std::move(name));
  }
  return names;
}

void print_json(SqlRows& rows) {
  const std::vector<std::string> names = distinct_names(rows);
  std::string out = "[";
  bool is_first = true;
  while (rows.step()) {
    out += is_first ? "\n{" : ",\n{";
    is_first = false;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(out, names[i]);
      out += ':';
      append_json(out, rows.value(static_cast<int>(i)));
    }
    out += '}';
    if (out.size() >= printed_at_once) print(std::exchange(out, {}));
  }
  print(out + "\n]\n");
}

// CSV has no way to escape what would steer a terminal.
std::string made_safe(const std::string& csv) { return ::isatty(STDOUT_FILENO) == 1 ? harmless(csv, false) : csv; }

void print_csv(SqlRows& rows) {
  std::string out;
  const auto end_line = [&] { out += "\r\n"; };
  for (int i = 0; i < rows.columns(); ++i) {
    if (i > 0) out += ',';
    append_csv_text(out, rows.name(i));
  }
  end_line();
  while (rows.step()) {
    for (int i = 0; i < rows.columns(); ++i) {
      if (i > 0) out += ',';
      const Value value = rows.value(i);
      // Numbers may begin with a minus sign and are no formulas.
      if (value.is_number()) {
        out += cell_text(value);
      } else {
        append_csv_text(out, cell_text(value));
      }
    }
    end_line();
    if (out.size() >= printed_at_once) print(made_safe(std::exchange(out, {})));
  }
  print(made_safe(out));
}

void print_table(SqlRows& rows) {
  std::vector<std::vector<Value>> held;
  bool has_more = false;
  while (rows.step()) {
    if (held.size() == most_table_rows) {
      has_more = true;
      break;
    }
    std::vector<Value>& row = held.emplace_back();
    for (int i = 0; i < rows.columns(); ++i) row.push_back(rows.value(i));
  }
  std::vector<Column> columns;
  for (int i = 0; i < rows.columns(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const bool is_number = !held.empty() && std::all_of(held.begin(), held.end(), [at](const std::vector<Value>& row) {
      return row[at].is_number() || row[at].is_null();
    });
    columns.push_back({.header = printable(rows.name(i)),
                       .align = is_number ? Align::right : Align::left,
                       .least_width = is_number ? 0 : least_column_width});
  }
  Table table(std::move(columns));
  for (const std::vector<Value>& row : held) {
    std::vector<Cell> cells;
    for (const Value& value : row) {
      if (value.is_null()) {
        cells.emplace_back("NULL", Style::dim);
      } else {
        cells.emplace_back(cell_text(value));
      }
    }
    table.add_row(std::move(cells));
  }
  const Canvas canvas = canvas_for(stdout);
  std::string out = held.empty() ? "No rows.\n" : table.draw(canvas);
  if (const std::size_t left_out = held.empty() ? 0 : table.left_out(canvas); left_out > 0) {
    out += paragraph(format_count(left_out, "column") + " had no room; --json and --csv print all.", canvas.width);
  }
  if (has_more) {
    out += "There are more: these are the first " + format_count(held.size()) + "; --csv and --json print all.\n";
  }
  print(out);
}

// What the views are, with the columns that docs/sqlite-format.md describes.
void print_views(const std::vector<SqlView>& views, bool json) {
  Array array;
  std::string out;
  const std::size_t width = canvas_for(stdout).width;
  for (const SqlView& view : views) {
    Array columns;
    std::string list;
    for (const std::string& column : view.columns) {
      columns.emplace_back(column);
      list += (list.empty() ? "" : ", ") + printable(column);
    }
    array.emplace_back(Object{{"view", view.name}, {"columns", std::move(columns)}});
    constexpr std::size_t indent = 9;
    std::string head = pad_right(view.name, indent);
    for (const std::string& line : wrap(list, width - indent)) {
      out += head + line + "\n";
      head = std::string(indent, ' ');
    }
  }
  print(json ? to_pretty_json(Value(std::move(array))) + "\n" : out);
}

int run(const SqlOptions& options) {
  const std::unique_ptr<Source> source = open_source(*options.where);
  if (options.statement.empty()) {
    print_views(source->views(), options.json);
    return exit_success;
  }
  const std::unique_ptr<SqlRows> rows = source->select(options.statement, options.time_limit);
  if (options.json) {
    print_json(*rows);
  } else if (options.csv) {
    print_csv(*rows);
  } else {
    print_table(*rows);
  }
  return exit_success;
}

}  // namespace

void add_sql_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<SqlOptions>();
  CLI::App* const command = app.add_subcommand("sql", "Ask a file or a database in SQL; nothing can be changed by it");
  add_location_argument(*command, "FILE", options->where,
                        "The SQLite file to read, or a PostgreSQL database: postgresql://…")
      ->required();
  command->add_option("STATEMENT", options->statement, "One SELECT; without it the views are listed");
  add_parsed_option(
      *command, "--time-limit",
      [options](const std::string& text) {
        options->time_limit = std::max<Seconds>(parse_duration(text), Seconds{1e-3});
      },
      "Give up after this time (default: 30s)");
  CLI::Option* const json =
      command->add_flag("--json", options->json, "Print a JSON array with an object for each row");
  command->add_flag("--csv", options->csv, "Print CSV")->excludes(json);
  command->footer(
      "Examples:\n"
      "  sparktel sql telemetry.db\n"
      "  sparktel sql telemetry.db \"SELECT name, count(*), avg(duration) FROM spans GROUP BY name\"\n"
      "  sparktel sql postgresql://localhost/telemetry \"SELECT count(*) FROM spans\" --csv\n"
      "  sparktel sql telemetry.db \"SELECT * FROM traces WHERE status = 'failed'\" --json | jq '.[].name'");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace spark::sparktel
