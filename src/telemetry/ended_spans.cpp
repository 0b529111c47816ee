#include "spark/telemetry/detail/ended_spans.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include "fork.h"

namespace spark::detail {

constinit thread_local EndedSpans ended_spans{};
constinit std::atomic<std::uint32_t> ended_spans_of_chains{0};

namespace {

struct ChainNotes {
  // A chain that holds more spans which ended out of order than this forgets the oldest.
  static constexpr std::size_t max_notes = 1024;

  std::mutex mutex;
  std::unordered_map<std::uint32_t, std::vector<EndedSpan>> by_chain;
};

// Never destroyed: spans may end in static destructors.
ChainNotes& chain_notes() {
  static auto* const notes = new ChainNotes;
  return *notes;
}

// The note on `slot` is used up.
bool replace_from_thread(ContextSlot& slot) noexcept {
  EndedSpans& ended = ended_spans;
  EndedSpan* const end = ended.notes + ended.count;
  EndedSpan* const found =
      std::find_if(ended.notes, end, [&](const EndedSpan& note) { return note.installed == slot; });
  if (found == end) return false;
  slot = found->previous;
  std::move(found + 1, end, found);
  --ended.count;
  return true;
}

bool replace_from_chain(ContextSlot& slot) noexcept {
  if (ended_spans_of_chains.load(std::memory_order_relaxed) == 0) return false;
  const std::lock_guard lock(chain_notes().mutex);
  const auto chain = chain_notes().by_chain.find(slot.chain);
  if (chain == chain_notes().by_chain.end()) return false;
  auto& notes = chain->second;
  const auto found =
      std::find_if(notes.begin(), notes.end(), [&](const EndedSpan& note) { return note.installed == slot; });
  if (found == notes.end()) return false;
  slot = found->previous;
  notes.erase(found);
  if (notes.empty()) chain_notes().by_chain.erase(chain);
  ended_spans_of_chains.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void note_in_thread(const EndedSpan& note) noexcept {
  EndedSpans& ended = ended_spans;
  if (ended.count == EndedSpans::capacity) {
    std::move(ended.notes + 1, ended.notes + EndedSpans::capacity, ended.notes);
    --ended.count;
  }
  ended.notes[ended.count++] = note;
}

void note_in_chain(const EndedSpan& note) noexcept {
  const std::lock_guard lock(chain_notes().mutex);
  try {
    auto& notes = chain_notes().by_chain[note.installed.chain];
    notes.reserve(notes.size() + 1);
    if (notes.size() == ChainNotes::max_notes) {
      notes.erase(notes.begin());
    } else {
      ended_spans_of_chains.fetch_add(1, std::memory_order_relaxed);
    }
    notes.push_back(note);
  } catch (const std::bad_alloc&) {
    // A later span then has a parent that has ended.
  }
}

}  // namespace

void note_ended(const ContextSlot& installed, const ContextSlot& previous) noexcept {
  // Outside of all chains, a chain's span is one of a frame that is being destroyed: its chain is over.
  if (installed.chain != 0 && context_slot().chain == 0) return;
  EndedSpan note{installed, previous};
  settle(note.previous);  // spans that end first in, first out leave one note and not one each
  installed.chain == 0 ? note_in_thread(note) : note_in_chain(note);
}

void settle_slowly(ContextSlot& slot) noexcept {
  while (slot.chain == 0 ? replace_from_thread(slot) : replace_from_chain(slot)) {
  }
}

bool park_ended_spans(ForkLocks& locks, Deadline deadline) { return lock_until(locks, chain_notes().mutex, deadline); }

void abandon_ended_spans() noexcept {
  new (&chain_notes()) ChainNotes;
  ended_spans_of_chains.store(0, std::memory_order_relaxed);
}

void forget_ended_spans(std::uint32_t chain) noexcept {
  if (ended_spans_of_chains.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard lock(chain_notes().mutex);
  const auto found = chain_notes().by_chain.find(chain);
  if (found == chain_notes().by_chain.end()) return;
  ended_spans_of_chains.fetch_sub(static_cast<std::uint32_t>(found->second.size()), std::memory_order_relaxed);
  chain_notes().by_chain.erase(found);
}

}  // namespace spark::detail
