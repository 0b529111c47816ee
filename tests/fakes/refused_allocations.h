// Allocations that are refused on request, by an operator new in place of the program's. So one source of a program
// includes this, and is a unit of its own (out_of_memory_test.cpp; cmake/SparkTargets.cmake). Only the thread that asks
// is refused.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace spark::testing {

inline constexpr std::size_t without_end = ~std::size_t{0};
// Allocations of this thread until one throws std::bad_alloc; there are enough again behind that one.
inline thread_local std::size_t allocations_left = without_end;

inline void* allocate_if_allowed(std::size_t size) {
  if (allocations_left != without_end && allocations_left-- == 0) {
    allocations_left = without_end;
    throw std::bad_alloc();
  }
  void* const place = std::malloc(size == 0 ? 1 : size);
  if (place == nullptr) throw std::bad_alloc();
  return place;
}

}  // namespace spark::testing

// All forms that the plain delete ends: AddressSanitizer has its own for those that are not here.
void* operator new(std::size_t size) { return spark::testing::allocate_if_allowed(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept try {
  return spark::testing::allocate_if_allowed(size);
} catch (const std::bad_alloc&) {
  return nullptr;
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, const std::nothrow_t&) noexcept { std::free(place); }
void operator delete(void* place, std::size_t) noexcept { std::free(place); }
