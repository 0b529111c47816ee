// Brings JSON lines into a store. A file that can be read twice is checked to its end first, so that one with a mistake
// changes nothing; of a pipe, what came before the mistake is kept. Records that are there already stay as they are, so
// importing again completes what was interrupted and changes nothing else. For one thread; blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "apps/sparktel/files/line_reader.h"
#include "apps/sparktel/formats/record_import.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

struct ImportSteps {
  // Makes the store; called when the file is known to be one of records.
  std::function<Store&()> open = {};
  // Called after each line: `lines` so far, and the share of the bytes of both passes, negative if unknown.
  std::function<void(std::uint64_t lines, double share)> progress = {};
};

// Tells how far a reading is that goes over the file twice; `bytes_before`: of its first pass, 0 within that.
void tell_progress(const ImportSteps& steps, const LineReader& lines, double bytes_before);

// Throws Error: invalid_argument or too_new with the file's name, the line's number and what was expected, and whatever
// the store throws. `name` is the file's, for messages.
ImportResult import_records(LineReader& lines, const std::string& name, const ImportSteps& steps);

}  // namespace spark::sparktel
