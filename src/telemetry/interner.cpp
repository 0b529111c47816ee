#include "interner.h"

#include <cstring>
#include <string>

#include "spark/base/utf8.h"

namespace spark::detail {

std::string_view Interner::intern(std::string_view literal) {
  if (slots_.empty()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash(literal.data()) & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.address == literal.data()) {
      if (slot.original == literal) [[likely]]
        return slot.copy;
      if (kept_ >= max_entries) return {};
      slot = keep(literal);
      return slot.copy;
    }
    if (slot.address != nullptr) continue;
    if (kept_ >= max_entries) return {};
    slot = keep(literal);
    const std::string_view copy = slot.copy;
    if (++used_ * 2 > slots_.size()) grow();
    return copy;
  }
}

void Interner::grow() {
  std::vector<Slot> before = std::move(slots_);
  slots_.assign(before.empty() ? 256 : before.size() * 2, Slot{});
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : before) {
    if (slot.address == nullptr) continue;
    std::size_t i = hash(slot.address) & mask;
    while (slots_[i].address != nullptr) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

Interner::Slot Interner::keep(std::string_view literal) {
  // Never freed: bounded by max_entries, and batches of any age may refer to it.
  const auto copy_of = [](std::string_view text) {
    char* copy = new char[text.size() + 1];
    std::memcpy(copy, text.data(), text.size());
    return std::string_view(copy, text.size());
  };
  Slot slot{literal.data(), copy_of(literal), {}};
  slot.copy = slot.original;
  if (!is_storable_utf8(literal)) {
    std::string storable;
    append_storable_utf8(storable, literal);
    slot.copy = copy_of(storable);
    repaired_.fetch_add(1, std::memory_order_relaxed);
  }
  ++kept_;
  return slot;
}

}  // namespace spark::detail
