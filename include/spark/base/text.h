// Text is a borrowed string that remembers whether it is a literal. Literals live as long as the program's code, so the
// recording path may keep their address; everything else has to be copied before the call returns.
//
// Only the consteval constructor makes a literal: a local `char` array cannot pass for one. Text never owns: use it as
// a parameter, not as a member. A trivially copyable value.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace spark {

class AttributeValue;

template <class T>
concept StringLike = std::convertible_to<const T&, std::string_view> && !std::is_array_v<std::remove_reference_t<T>>;

class Text {
 public:
  constexpr Text() noexcept = default;

  template <std::size_t N>
  consteval Text(const char (&literal)[N]) noexcept  // NOLINT: implicit by design
      : data_(literal), size_and_literal_((N - 1) | literal_bit) {}

  // A mutable array is a buffer; its text ends at the first U+0000, or with the buffer.
  template <std::size_t N>
  constexpr Text(char (&buffer)[N]) noexcept : data_(buffer) {  // NOLINT
    while (size_and_literal_ < N && buffer[size_and_literal_] != '\0') ++size_and_literal_;
  }

  // A null pointer to characters, such as getenv gives, is the empty text: recording must not fail.
  template <StringLike T>
  constexpr Text(const T& text) noexcept {  // NOLINT
    if constexpr (std::is_pointer_v<T>) {
      if (text == nullptr) return;
    }
    const std::string_view view = text;
    data_ = view.data();
    size_and_literal_ = view.size();
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {data_, size()}; }
  [[nodiscard]] constexpr const char* data() const noexcept { return data_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_and_literal_ & ~literal_bit; }
  [[nodiscard]] constexpr bool is_literal() const noexcept { return (size_and_literal_ & literal_bit) != 0; }

 private:
  friend class AttributeValue;  // keeps a Text among other things
  struct Parts {};
  constexpr Text(const char* data, std::size_t size_and_literal, Parts) noexcept
      : data_(data), size_and_literal_(size_and_literal) {}

  static constexpr std::size_t literal_bit = ~(~std::size_t{0} >> 1);

  const char* data_ = "";
  std::size_t size_and_literal_ = 0;
};
// Two words travel in registers, three through memory: that was a third of the cost of an attribute.
static_assert(sizeof(Text) == 2 * sizeof(void*));

}  // namespace spark
