// BodyBudget limits the memory that the bodies of all requests of a server take together. A BodyLease is one request's
// share of it: the body grows through it, and the share is given back when the lease ends, after the handler.
//
// Counted is what the strings have allocated, while one grows the old and the new memory. The budget must outlive its
// leases; it is safe from any thread, a lease belongs to one connection.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace spark::http {

class BodyBudget {
 public:
  explicit BodyBudget(std::size_t limit) noexcept : limit_(limit) {}

  // False if that would be too much.
  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    std::size_t peak = peak_.load(std::memory_order_relaxed);
    while (peak < used + bytes && !peak_.compare_exchange_weak(peak, used + bytes, std::memory_order_relaxed)) {
    }
    return true;
  }
  void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  // Whether as much would be granted now.
  [[nodiscard]] bool has_room_for(std::size_t bytes) const noexcept { return bytes <= limit_ - used(); }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t peak() const noexcept { return peak_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> peak_{0};
};

class BodyLease {
 public:
  explicit BodyLease(BodyBudget& budget) noexcept : budget_(budget) {}
  ~BodyLease() { budget_.give_back(taken_); }
  BodyLease(const BodyLease&) = delete;
  BodyLease& operator=(const BodyLease&) = delete;

  // How long the body will be, by its client. Nothing is taken for a promise.
  void expect(std::size_t bytes) noexcept { expected_ = bytes; }

  // Appends to the body, which is always the same. False, with the body as it was, if the budget is used up.
  [[nodiscard]] bool append(std::string& body, std::string_view bytes) {
    const std::size_t needed = body.size() + bytes.size();
    if (needed > body.capacity() || taken_ == 0) {
      const std::size_t capacity = next_capacity(needed);
      if (!budget_.take(capacity)) return false;
      const std::size_t before = std::exchange(taken_, taken_ + capacity);
      body.reserve(capacity);
      budget_.give_back(before);
      taken_ = capacity;
    }
    body.append(bytes);
    return true;
  }

 private:
  static constexpr std::size_t first_capacity = 64 << 10;

  // Twice as much each time, and all of it once a quarter has come. At least twice as much is what std::string takes.
  [[nodiscard]] std::size_t next_capacity(std::size_t needed) const noexcept {
    const std::size_t begin = taken_ == 0 ? std::min(expected_, first_capacity) : 2 * taken_;
    const std::size_t all = taken_ != 0 && expected_ / 4 <= taken_ ? expected_ : 0;
    return std::max({needed, begin, all});
  }

  BodyBudget& budget_;
  std::size_t expected_ = 0;
  std::size_t taken_ = 0;
};

}  // namespace spark::http
