// Attributes as they are passed to recording calls: borrowed, read before the call returns, so that an attribute costs
// a store or two and no allocation.
//
//   manager.start_span("load", {.attributes = {{"path", path}, {"bytes", 4096}, {"cached", false}}});
//
// Keys and values that are literals are kept by address; all other text is copied. To pass attributes that were built
// at run time, use an Object: `.attributes = object`; an Object, an Array or Bytes as one value goes in as a Value:
// {"list", Value(array)}. Options that are kept in a variable borrow too: a braced list in them is gone by the next
// statement, an Object of one's own is not.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>

#include "spark/base/text.h"
#include "spark/base/value.h"

namespace spark {

// A borrowed Value. Implicit from null, bool, numbers, text and Value.
class AttributeValue {
 public:
  enum class Type : std::uint8_t { null, boolean, integer, number, text, value };

  constexpr AttributeValue(std::nullptr_t) noexcept : type_(Type::null), integer_(0) {}  // NOLINT: implicit by design
  template <std::same_as<bool> B>
  constexpr AttributeValue(B value) noexcept : type_(Type::boolean), boolean_(value) {}  // NOLINT
  template <std::integral I>
  requires(!std::same_as<I, bool>) constexpr AttributeValue(I value) noexcept
      : type_(Type::integer), integer_(0) {  // NOLINT
    if (std::in_range<std::int64_t>(value)) {
      integer_ = static_cast<std::int64_t>(value);
    } else {
      type_ = Type::number;
      number_ = static_cast<double>(value);
    }
  }
  template <std::floating_point F>
  constexpr AttributeValue(F value) noexcept  // NOLINT
      : type_(Type::number), number_(static_cast<double>(value)) {}
  template <std::size_t N>
  consteval AttributeValue(const char (&literal)[N]) noexcept : AttributeValue(Text(literal)) {}  // NOLINT
  template <std::size_t N>
  constexpr AttributeValue(char (&buffer)[N]) noexcept : AttributeValue(Text(buffer)) {}  // NOLINT
  template <StringLike T>
  constexpr AttributeValue(const T& text) noexcept : AttributeValue(Text(text)) {}  // NOLINT
  constexpr AttributeValue(Text text) noexcept                                      // NOLINT
      : type_(Type::text), text_data_(text.data_), text_size_(text.size_and_literal_) {}
  constexpr AttributeValue(const Value& value) noexcept : type_(Type::value), value_(&value) {}  // NOLINT

  [[nodiscard]] constexpr Type type() const noexcept { return type_; }
  // Each is meaningful only for its type.
  [[nodiscard]] constexpr bool boolean() const noexcept { return boolean_; }
  [[nodiscard]] constexpr std::int64_t integer() const noexcept { return integer_; }
  [[nodiscard]] constexpr double number() const noexcept { return number_; }
  [[nodiscard]] constexpr Text text() const noexcept { return {text_data_, text_size_, Text::Parts()}; }
  [[nodiscard]] constexpr const Value& value() const noexcept { return *value_; }

 private:
  Type type_;
  union {
    bool boolean_;
    std::int64_t integer_;
    double number_;
    const char* text_data_;
    const Value* value_;
  };
  std::size_t text_size_ = 0;  // as Text keeps it; always set, so that g++ sees that it is
};

struct Attribute {
  Text key;
  AttributeValue value;
};

// A list of attributes, borrowed from a braced list or from an Object; valid as long as those are, that is for the
// call.
class Attributes {
 public:
  constexpr Attributes() noexcept = default;
  constexpr Attributes(std::initializer_list<Attribute> list) noexcept  // NOLINT: implicit by design
      : list_(list.begin(), list.size()) {}
  constexpr Attributes(std::span<const Attribute> list) noexcept : list_(list) {}  // NOLINT
  Attributes(const Object& object) noexcept : object_(&object) {}                  // NOLINT

  [[nodiscard]] constexpr std::span<const Attribute> list() const noexcept { return list_; }
  // Null unless made from an Object.
  [[nodiscard]] constexpr const Object* object() const noexcept { return object_; }

 private:
  std::span<const Attribute> list_;
  const Object* object_ = nullptr;
};

}  // namespace spark
