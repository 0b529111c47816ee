#include "apps/sparktel/formats/import_records.h"

#include <optional>
#include <utility>

#include "apps/sparktel/formats/json_lines.h"
#include "apps/sparktel/formats/record_import.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

// What a line means, with its number in the message if it means nothing.
template <class Parse>
auto parse_line(const LineReader& lines, const std::string& name, const Parse& parse) {
  try {
    return parse();
  } catch (const Error& error) {
    throw Error(error.code(), name + " line " + std::to_string(lines.number()) + ": " + error.what());
  }
}

// Calls `take` for each record.
template <class Take>
void each_record(LineReader& lines, const std::string& name, const Take& take) {
  std::string_view line;
  if (!lines.next(line)) {
    throw Error(ErrorCode::invalid_argument,
                name + " line 1: expected the header of sparktel export, found the end of the file");
  }
  parse_line(lines, name, [&] { check_json_lines_header(line); });
  while (lines.next(line)) {
    if (!line.empty()) take(parse_line(lines, name, [&] { return parse_json_line(line); }));
  }
}

}  // namespace

void tell_progress(const ImportSteps& steps, const LineReader& lines, double bytes_before) {
  const auto size = static_cast<double>(lines.size_bytes());
  if (!steps.progress) return;
  steps.progress(lines.number(), size > 0 ? (bytes_before + static_cast<double>(lines.bytes())) / (2 * size) : -1);
}

ImportResult import_records(LineReader& lines, const std::string& name, const ImportSteps& steps) {
  const bool is_checked_first = lines.can_rewind();
  const auto report = [&](double bytes_before) { tell_progress(steps, lines, bytes_before); };
  if (is_checked_first) {
    each_record(lines, name, [&](const Record&) { report(0); });
    lines.rewind();
  }
  std::optional<RecordImport> import;
  each_record(lines, name, [&](Record record) {
    if (!import) import.emplace(steps.open());
    import->add(std::move(record));
    report(static_cast<double>(lines.size_bytes()));
  });
  // An export without records makes an empty database.
  if (!import) import.emplace(steps.open());
  return import->finish();
}

}  // namespace spark::sparktel
