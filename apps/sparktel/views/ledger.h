// Shows the ledger of a manager: where every record went. Values in, text out.
#pragma once

#include <string>

#include "apps/sparktel/terminal/style.h"
#include "spark/base/value.h"
#include "spark/telemetry/stats.h"

namespace spark::sparktel {

// True if every record that was recorded and not sampled out is in every sink, and the ledger's equations
// hold.
[[nodiscard]] bool is_all_exported(const Stats& stats);

// A table of the kinds of which anything was recorded, and a sentence that says whether the ledger is
// balanced.
[[nodiscard]] std::string draw_ledger(const Stats& stats, const Canvas& canvas);
// {"balanced", "kinds": {kind: {"recorded", "sampled_out", "dropped", "exported"}}}
[[nodiscard]] Object ledger_to_object(const Stats& stats);

}  // namespace spark::sparktel
