// Which records of one trace are there already. Most traces have few, and most ids come in order, so both sets begin as
// plain lists: a node of a hash set for each record was a third of what the store cost.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <vector>

#include "spark/base/ids.h"

namespace spark::detail::memory {

// Of events or metrics, whose ids are a producer and a number that counts up.
class RecordIdSet {
 public:
  // False if it was there.
  bool insert(RecordId id) {
    if (!late_.empty() && late_.contains(id)) return false;
    if (ids_.empty() || ids_.back() < id) {
      ids_.push_back(id);
      return true;
    }
    return !std::binary_search(ids_.begin(), ids_.end(), id) && late_.insert(id).second;
  }

 private:
  std::vector<RecordId> ids_;  // sorted
  // Those that came when a larger one was there: of the first of two producers that take turns, or imported. To put
  // them into their places would take the square of the time.
  std::unordered_set<RecordId> late_;
};

// Of spans, whose ids are random.
class SpanIdSet {
 public:
  // False if it was there.
  bool insert(SpanId id) {
    if (!many_.empty()) return many_.insert(id).second;
    if (std::find(few_.begin(), few_.end(), id) != few_.end()) return false;
    few_.push_back(id);
    if (few_.size() > most_of_few) {
      many_.insert(few_.begin(), few_.end());
      few_ = {};
    }
    return true;
  }

 private:
  static constexpr std::size_t most_of_few = 64;

  std::vector<SpanId> few_;
  std::unordered_set<SpanId> many_;
};

}  // namespace spark::detail::memory
