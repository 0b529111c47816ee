// Reads the fields of one protobuf message one after the other, as of the few small messages that collectors answer
// with. Never reads past the end, allocates nothing, and takes time in proportion to the bytes. A view of what it
// reads. (Protocol Buffers documentation, "Encoding".)
#pragma once

#include <cstdint>
#include <string_view>

namespace spark::detail::otlp {

class WireReader {
 public:
  explicit WireReader(std::string_view message) noexcept : rest_(message) {}

  // Goes to the next field. False at the end, and where the bytes are no protobuf, which is_bad() then says. Groups,
  // which nobody has written for years, count as such.
  [[nodiscard]] bool next() noexcept;
  [[nodiscard]] bool is_bad() const noexcept { return is_bad_; }

  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  // Of a varint, as it is on the wire; 0 for another type.
  [[nodiscard]] std::uint64_t integer() const noexcept { return integer_; }
  // Of a text, bytes or a nested message; empty for another type.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
  // All of it, as it is on the wire.
  [[nodiscard]] std::string_view field() const noexcept { return field_; }

 private:
  [[nodiscard]] bool take_varint(std::uint64_t& value) noexcept;
  [[nodiscard]] bool take_bytes(std::uint64_t count) noexcept;
  [[nodiscard]] bool take_field() noexcept;

  std::string_view rest_;
  std::uint32_t number_ = 0;
  std::uint64_t integer_ = 0;
  std::string_view bytes_;
  std::string_view field_;
  bool is_bad_ = false;
};

}  // namespace spark::detail::otlp
