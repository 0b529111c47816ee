#include "ring.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace spark::detail {
namespace {

constexpr std::size_t prefetch_distance = 512;
constexpr std::uint32_t idle_refills_to_shrink = 64;
constexpr std::size_t largest_segment_bytes = 8u << 20;

// What ordinary records leave free for priority ones: room for at least one span.
constexpr std::size_t reserve_bytes(std::size_t capacity) noexcept { return std::max<std::size_t>(capacity / 16, 512); }

}  // namespace

bool RingBudget::take_below(std::size_t bytes, std::size_t limit) noexcept {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit || used > limit - bytes) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

bool RingBudget::take(std::size_t bytes) noexcept { return take_below(bytes, limit_ - limit_ / 16); }

bool RingBudget::take_reserved(std::size_t bytes) noexcept { return take_below(bytes, limit_); }

Ring::Ring(RingBudget& budget, std::size_t first_bytes) noexcept
    : spill_memory(budget), budget_(budget), first_bytes_(first_bytes) {
  write_ = read_ = new_segment(first_bytes);
  if (write_ != nullptr) limit_ = write_->capacity - reserve_bytes(write_->capacity);
}

Ring::~Ring() {
  while (read_ != nullptr) {
    Segment* following = read_->next.load(std::memory_order_relaxed);
    free_segment(read_);
    read_ = following;
  }
}

Ring::Segment* Ring::new_segment(std::size_t capacity) noexcept {
  // A thread's first ring may use the reserve: without one it could record nothing at all.
  const bool is_first = write_ == nullptr;
  if (!(is_first ? budget_.take_reserved(capacity) : budget_.take(capacity))) return nullptr;
  void* memory = std::aligned_alloc(alignof(Segment), sizeof(Segment) + capacity);
  if (memory == nullptr) {
    budget_.give_back(capacity);
    return nullptr;
  }
  auto* segment = new (memory) Segment;
  segment->capacity = capacity;
  return segment;
}

void Ring::free_segment(Segment* segment) noexcept {
  budget_.give_back(segment->capacity);
  segment->~Segment();
  std::free(segment);
}

void Ring::append_segment(Segment* segment) noexcept {
  Segment* const full = write_;
  write_ = segment;
  tail_ = 0;
  limit_ = segment->capacity - reserve_bytes(segment->capacity);
  full->next.store(segment, std::memory_order_release);
}

// A record is never split: at the end of the segment the rest is padded.
std::uint64_t Ring::room_needed(std::uint32_t size) const noexcept {
  const std::uint64_t to_end = write_->capacity - (tail_ & (write_->capacity - 1));
  return size <= to_end ? size : to_end + size;
}

std::byte* Ring::reserve(std::uint32_t size, bool is_priority) noexcept {
  if (tail_ + room_needed(size) > limit_) [[unlikely]] {
    if (!make_room(size, is_priority)) return nullptr;
  }
  std::uint64_t position = tail_ & (write_->capacity - 1);
  const std::uint64_t to_end = write_->capacity - position;
  if (size > to_end) [[unlikely]] {
    auto& padding = *reinterpret_cast<RecordHead*>(write_->bytes() + position);
    padding.size_bytes = static_cast<std::uint32_t>(to_end);
    padding.flags = padding_flag;
    tail_ += to_end;
    position = 0;
  }
  std::byte* const place = write_->bytes() + position;
  // The drainer has read these lines, so they are shared with its core: asking for them some records ahead hides most
  // of the time it takes to own them again.
  for (std::uint32_t line = 0; line < size; line += 64) __builtin_prefetch(place + prefetch_distance + line, 1);
  return place;
}

bool Ring::make_room(std::uint32_t size, bool is_priority) noexcept {
  const std::uint64_t head = write_->head.load(std::memory_order_acquire);
  const std::size_t capacity = write_->capacity;
  const std::uint64_t end = head + capacity;
  limit_ = end - reserve_bytes(capacity);
  if (tail_ + room_needed(size) <= limit_) {
    // Once around. Found nearly empty again and again, it is larger than needed: a burst is over, its memory returns.
    idle_refills_ = tail_ - head < capacity / 16 ? idle_refills_ + 1 : 0;
    if (idle_refills_ < idle_refills_to_shrink || capacity == first_bytes_) return true;
    idle_refills_ = 0;
    if (Segment* smaller = new_segment(capacity / 2)) append_segment(smaller);
    return true;
  }
  idle_refills_ = 0;
  // Refused already, and nothing was consumed since: not worth asking a shared counter again for each record.
  if (refused_at_head_ != head + 1) {
    for (std::size_t larger = std::min(capacity * 2, largest_segment_bytes); larger >= first_bytes_; larger /= 2) {
      Segment* const segment = new_segment(larger);
      if (segment == nullptr) continue;
      append_segment(segment);
      refused_at_head_ = 0;
      return true;
    }
    refused_at_head_ = head + 1;
  }
  return is_priority && tail_ + room_needed(size) <= end;
}

bool Ring::crossed_slow(std::uint64_t published, std::uint32_t buffer_size) noexcept {
  const std::uint64_t consumed = consumed_.load(std::memory_order_relaxed);
  if (published - consumed < buffer_size) {
    next_check_ = consumed + buffer_size;
    return false;
  }
  next_check_ = published + buffer_size;
  return true;
}

}  // namespace spark::detail
