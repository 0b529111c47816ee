// Copies the records of one database into another, trace by trace in the order of their ids, some thousand records a
// transaction. Resumable without a note of how far it came: a trace of which the target has the same already is passed
// over, which is found out for a thousand at a time. So a copy that was killed goes on where it was, one that is made
// again takes what is new, and nothing is there twice. What has no trace, and graph definitions, follow at the end.
// For one thread; blocks.
#pragma once

#include <cstdint>
#include <functional>

#include "apps/sparktel/formats/record_import.h"
#include "apps/sparktel/sources/source.h"

namespace spark::sparktel {

struct CopyResult {
  ImportResult imported = {};
  std::uint64_t traces_there = 0;  // passed over, since the target had the same
};

struct CopyTarget {
  Store& store;    // to write to
  Source& source;  // the same database, to look into
};

// `progress` is called after each record with how many were copied and the share of the traces that were looked at.
// What it throws passes; then the target has all transactions before, and no part of another.
CopyResult copy_records(Source& from, const CopyTarget& to,
                        const std::function<void(std::uint64_t records, double share)>& progress);

}  // namespace spark::sparktel
