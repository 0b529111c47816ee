#include "graph/node_cache.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

namespace spark::detail {

namespace {

// FNV-1a with 64 bits (Fowler, Noll and Vo), over types, sizes and contents.
class Hasher {
 public:
  void add_number(std::uint64_t number) noexcept {
    for (int shift = 0; shift < 64; shift += 8) add_byte(static_cast<std::uint8_t>(number >> shift));
  }
  void add_text(std::string_view text) noexcept {
    add_number(text.size());
    for (const char c : text) add_byte(static_cast<std::uint8_t>(c));
  }
  // False for what is never kept; recurses no deeper than `depth`.
  bool add(const Value& value, int depth) noexcept {
    add_byte(static_cast<std::uint8_t>(value.type()));
    switch (value.type()) {
      case ValueType::null:
        return true;
      case ValueType::boolean:
        add_byte(value.as_bool() ? 1 : 0);
        return true;
      case ValueType::integer:
        add_number(static_cast<std::uint64_t>(value.as_int()));
        return true;
      case ValueType::number:
        add_number(std::bit_cast<std::uint64_t>(value.as_double()));
        return !std::isnan(value.as_double());
      case ValueType::string:
        add_text(value.as_string());
        return true;
      case ValueType::bytes:
        add_number(value.as_bytes().octets.size());
        for (const std::uint8_t octet : value.as_bytes().octets) add_byte(octet);
        return true;
      case ValueType::array: {
        const Array& array = value.as_array();
        add_number(array.size());
        return depth > 0 &&
               std::all_of(array.begin(), array.end(), [&](const Value& element) { return add(element, depth - 1); });
      }
      case ValueType::object:
        return depth > 0 && add_members(value.as_object(), depth - 1);
    }
    return false;
  }
  bool add_members(const Object& object, int depth) noexcept {
    add_number(object.size());
    return std::all_of(object.begin(), object.end(), [&](const Object::Member& member) {
      add_text(member.key);
      return add(member.value, depth);
    });
  }
  [[nodiscard]] std::uint64_t result() const noexcept { return hash_; }

 private:
  void add_byte(std::uint8_t byte) noexcept { hash_ = (hash_ ^ byte) * 0x100000001B3ULL; }

  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

bool are_identical(const Value& a, const Value& b) noexcept {
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case ValueType::number:
      return std::bit_cast<std::uint64_t>(a.as_double()) == std::bit_cast<std::uint64_t>(b.as_double()) &&
             !std::isnan(a.as_double());
    case ValueType::array: {
      const Array& left = a.as_array();
      const Array& right = b.as_array();
      return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                        [](const Value& x, const Value& y) { return are_identical(x, y); });
    }
    case ValueType::object:
      return detail::are_identical(a.as_object(), b.as_object());
    default:
      return a == b;
  }
}

}  // namespace

std::optional<std::uint64_t> cache_hash(const Object& inputs) noexcept {
  Hasher hasher;
  if (!hasher.add_members(inputs, max_cached_depth - 1)) return std::nullopt;
  return hasher.result();
}

bool are_identical(const Object& a, const Object& b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Object::Member& left, const Object::Member& right) {
                      return left.key == right.key && are_identical(left.value, right.value);
                    });
}

NodeCache::NodeCache(const CachePolicy& policy, Hash hash) noexcept
    : max_entries_(policy.max_entries),
      time_to_live_(std::chrono::duration_cast<std::chrono::nanoseconds>(policy.time_to_live)),
      hash_(hash) {}

std::optional<Object> NodeCache::find(const Object& inputs, std::chrono::nanoseconds now) {
  const std::optional<std::uint64_t> hash = hash_(inputs);
  std::shared_ptr<const Object> outputs;
  Entries removed;  // destroyed after the lock is released
  {
    const std::lock_guard held(mutex_);
    const auto entry = hash ? find_entry(*hash, inputs) : entries_.end();
    if (entry == entries_.end()) {
      ++stats_.misses;
      return std::nullopt;
    }
    if (has_expired(*entry, now)) {
      ++stats_.misses;
      ++stats_.expired;
      erase(entry, removed);
      return std::nullopt;
    }
    ++stats_.hits;
    entries_.splice(entries_.begin(), entries_, entry);
    outputs = entry->outputs;
  }
  return *outputs;
}

void NodeCache::store(const Object& inputs, Object outputs, std::chrono::nanoseconds now) {
  const std::optional<std::uint64_t> hash = hash_(inputs);
  Entries removed;
  Entries added;
  if (hash) {
    added.push_back(
        {*hash, std::make_shared<const Object>(inputs), std::make_shared<const Object>(std::move(outputs)), now});
  }
  const std::lock_guard held(mutex_);
  if (!hash) {
    ++stats_.unusable;
    return;
  }
  if (const auto before = find_entry(*hash, inputs); before != entries_.end()) erase(before, removed);
  by_hash_.emplace(*hash, added.begin());
  entries_.splice(entries_.begin(), added);
  while (entries_.size() > max_entries_) {
    erase(std::prev(entries_.end()), removed);
    ++stats_.evicted;
  }
}

NodeCacheStats NodeCache::stats() const {
  const std::lock_guard held(mutex_);
  NodeCacheStats stats = stats_;
  stats.entries = entries_.size();
  return stats;
}

NodeCache::Entries::iterator NodeCache::find_entry(std::uint64_t hash, const Object& inputs) noexcept {
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto candidate = begin; candidate != end; ++candidate) {
    if (are_identical(*candidate->second->inputs, inputs)) return candidate->second;
  }
  return entries_.end();
}

void NodeCache::erase(Entries::iterator entry, Entries& removed) noexcept {
  const auto [begin, end] = by_hash_.equal_range(entry->hash);
  by_hash_.erase(std::find_if(begin, end, [&](const auto& candidate) { return candidate.second == entry; }));
  removed.splice(removed.begin(), entries_, entry);
}

bool NodeCache::has_expired(const Entry& entry, std::chrono::nanoseconds now) const noexcept {
  // What was stored later than now was so on another executor's clock, of which nothing is known.
  return time_to_live_.count() != 0 && (now < entry.stored_at || now - entry.stored_at >= time_to_live_);
}

}  // namespace spark::detail
