// The two passes in which a protobuf message is written (protobuf_writer.h): SizeCount finds the sizes, ByteCursor
// writes the bytes. Both take the same calls.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace spark::detail::otlp {

// Bytes of a base-128 varint: 7 bits each.
[[nodiscard]] constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;
}

class SizeCount {
 public:
  // `sizes` is emptied, and holds the sizes of nested messages afterwards.
  explicit SizeCount(std::vector<std::size_t>& sizes) noexcept : sizes_(&sizes) { sizes.clear(); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void varint(std::uint64_t value) noexcept { size_ += varint_size(value); }
  template <std::size_t bytes>
  void little_endian(std::uint64_t) noexcept {
    size_ += bytes;
  }
  void raw(const void*, std::size_t count) noexcept { size_ += count; }
  template <class Fill>
  void filled(std::size_t count, const Fill&) noexcept {
    size_ += count;
  }
  template <class Body>
  void nested(const Body& body) {
    const std::size_t place = sizes_->size();
    sizes_->push_back(0);
    const std::size_t before = size_;
    body();
    const std::size_t inner = size_ - before;
    (*sizes_)[place] = inner;
    size_ += varint_size(inner);
  }

 private:
  std::vector<std::size_t>* sizes_;
  std::size_t size_ = 0;
};

class ByteCursor {
 public:
  // Writes from `begin` on what a SizeCount measured; there must be room for all of it.
  ByteCursor(char* begin, const std::vector<std::size_t>& sizes) noexcept : next_(begin), size_(sizes.data()) {}

  [[nodiscard]] const char* position() const noexcept { return next_; }

  // A char may alias anything, this object too: a local pointer, so that it is read and written once.
  void varint(std::uint64_t value) noexcept {
    char* place = next_;
    for (; value >= 0x80; value >>= 7) *place++ = static_cast<char>(value | 0x80);
    *place++ = static_cast<char>(value);
    next_ = place;
  }
  template <std::size_t bytes>
  void little_endian(std::uint64_t value) noexcept {
    static_assert(std::endian::native == std::endian::little);
    char* const place = next_;
    std::memcpy(place, &value, bytes);
    next_ = place + bytes;
  }
  void raw(const void* from, std::size_t count) noexcept {
    char* const place = next_;
    copy(place, static_cast<const char*>(from), count);
    next_ = place + count;
  }
  template <class Fill>
  void filled(std::size_t count, const Fill& fill) noexcept {
    char* const place = next_;
    fill(place);
    next_ = place + count;
  }
  template <class Body>
  void nested(const Body& body) {
    varint(*size_++);
    body();
  }

 private:
  // Names and keys are short: two copies that may overlap are quicker than a call of memcpy.
  static void copy(char* to, const char* from, std::size_t count) noexcept {
    if (count > 16) {
      std::memcpy(to, from, count);
    } else if (count >= 8) {
      copy_ends<8>(to, from, count);
    } else if (count >= 4) {
      copy_ends<4>(to, from, count);
    } else if (count != 0) {
      to[0] = from[0];
      to[count / 2] = from[count / 2];
      to[count - 1] = from[count - 1];
    }
  }
  template <std::size_t width>
  static void copy_ends(char* to, const char* from, std::size_t count) noexcept {
    std::array<char, width> begin, end;
    std::memcpy(begin.data(), from, width);
    std::memcpy(end.data(), from + count - width, width);
    std::memcpy(to, begin.data(), width);
    std::memcpy(to + count - width, end.data(), width);
  }

  char* next_;
  const std::size_t* size_;
};

}  // namespace spark::detail::otlp
