#include "ingest/attribute_list.h"

#include <algorithm>
#include <string>

namespace spark::detail::ingest {
namespace {

// One of 64 bits, equal for equal keys.
std::uint64_t key_bit(std::string_view key) noexcept {
  if (key.empty()) return 1;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
  return 1ULL << ((key.size() * 11 + at(0) * 5U + at(key.size() / 2) * 3U + at(key.size() - 1)) & 63);
}

}  // namespace

void AttributeList::clear() noexcept {
  list_.clear();
  key_bits_ = 0;
  if (!index_.empty()) index_.clear();
  originals_.clear();
}

std::size_t AttributeList::index_of(std::string_view key) const noexcept {
  if ((key_bits_ & key_bit(key)) == 0) return none;
  if (!index_.empty()) {
    const auto place = index_.find(key);
    return place != index_.end() ? place->second : none;
  }
  for (std::size_t i = 0; i < list_.size(); ++i) {
    if (list_[i].key == key) return i;
  }
  return none;
}

void AttributeList::append(std::string_view key, ValueView value) {
  key_bits_ |= key_bit(key);
  list_.push_back({key, value});
  if (list_.size() <= looked_through) return;
  for (std::size_t i = index_.size(); i < list_.size(); ++i) index_.emplace(list_[i].key, i);
}

bool AttributeList::put(std::string_view key, ValueView value, std::size_t limit, std::uint64_t original_bytes) {
  std::size_t place = index_of(key);
  if (place == none) {
    if (list_.size() >= limit) return false;
    place = list_.size();
    append(key, value);
  } else {
    list_[place].value = value;
    std::erase_if(originals_, [&](const auto& original) { return original.first == place; });
  }
  if (original_bytes != 0) originals_.emplace_back(place, original_bytes);
  return true;
}

void AttributeList::add(std::string_view key, ValueView value, std::size_t limit) {
  if (list_.size() < limit && index_of(key) == none) append(key, value);
}

const ValueView* AttributeList::find(std::string_view key) const noexcept {
  const std::size_t place = index_of(key);
  return place != none ? &list_[place].value : nullptr;
}

AttributesView AttributeList::finish(BatchBuilder& builder) {
  for (const auto& [place, original_bytes] : originals_) {
    const std::string key = std::string(list_[place].key) + ".original_bytes";
    if (index_of(key) == none) append(builder.copy(key), ValueView(static_cast<std::int64_t>(original_bytes)));
  }
  const std::span<AttributeView> views = builder.attributes(list_.size());
  std::copy(list_.begin(), list_.end(), views.begin());
  return views;
}

}  // namespace spark::detail::ingest
