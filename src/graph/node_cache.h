// NodeCache keeps what a node gave for its inputs, the least recently used first to go. The engine makes one for each
// node that has a CachePolicy; it lives as long as the graph's plan.
//
// Inputs are the same if they have the same members (in whatever order they were added) and every value is of the same
// type and identical: 1 and 1.0 are two inputs, and so are 0.0 and -0.0, because a node can tell them apart. Inputs
// with a NaN anywhere, or nested deeper than max_cached_depth, are never kept and never found.
//
// Time is what the caller says, on a steady clock. Safe from any thread; blocks only while another one is in it, and
// copies nothing while it does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "spark/base/value.h"
#include "spark/graph/node_policy.h"

namespace spark::detail {

inline constexpr int max_cached_depth = 64;

// Of inputs as defined above; nothing for those that are never kept.
[[nodiscard]] std::optional<std::uint64_t> cache_hash(const Object& inputs) noexcept;
// Whether they are the same.
[[nodiscard]] bool are_identical(const Object& a, const Object& b) noexcept;

struct NodeCacheStats {
  std::size_t entries = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;    // all other calls of find
  std::uint64_t expired = 0;   // of the misses: what was there was too old
  std::uint64_t evicted = 0;   // entries that went for a newer one
  std::uint64_t unusable = 0;  // calls of store with inputs that are never kept

  bool operator==(const NodeCacheStats&) const = default;
};

class NodeCache {
 public:
  using Hash = std::optional<std::uint64_t> (*)(const Object&) noexcept;

  // Of a valid policy. Another hash is for tests.
  explicit NodeCache(const CachePolicy& policy, Hash hash = cache_hash) noexcept;
  NodeCache(const NodeCache&) = delete;
  NodeCache& operator=(const NodeCache&) = delete;

  // A copy of what was stored for these inputs, if that is younger than the time to live.
  [[nodiscard]] std::optional<Object> find(const Object& inputs, std::chrono::nanoseconds now);
  // Replaces what was stored for them.
  void store(const Object& inputs, Object outputs, std::chrono::nanoseconds now);
  [[nodiscard]] NodeCacheStats stats() const;

 private:
  struct Entry {
    std::uint64_t hash;
    // Shared, so that they are copied, and destroyed, by those who do not hold the lock.
    std::shared_ptr<const Object> inputs;
    std::shared_ptr<const Object> outputs;
    std::chrono::nanoseconds stored_at;
  };
  using Entries = std::list<Entry>;

  // While locked.
  [[nodiscard]] Entries::iterator find_entry(std::uint64_t hash, const Object& inputs) noexcept;
  void erase(Entries::iterator entry, Entries& removed) noexcept;
  [[nodiscard]] bool has_expired(const Entry& entry, std::chrono::nanoseconds now) const noexcept;

  const std::size_t max_entries_;
  const std::chrono::nanoseconds time_to_live_;  // zero: forever
  const Hash hash_;
  mutable std::mutex mutex_;
  Entries entries_;  // the one used last comes first
  std::unordered_multimap<std::uint64_t, Entries::iterator> by_hash_;
  NodeCacheStats stats_;
};

}  // namespace spark::detail
