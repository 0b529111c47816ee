// Value is what attributes hold and what flows through graphs: null, bool, int64, double, string, bytes, array, object.
//
// Comparison is typed: an int equals a double of exactly the same value, a bool never equals a number, NaN equals
// nothing. Objects keep their members sorted by key (byte order), each key once; so equality, JSON and content hashes
// do not depend on the order in which members were added.
//
// Values own what they hold. Copyable and movable; not thread-safe while being changed. Copying and building may
// allocate and throw std::bad_alloc; access with the wrong type throws Error(invalid_argument) naming both types.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace spark {

class Value;
struct Bytes;

enum class ValueType : std::uint8_t { null, boolean, integer, number, string, bytes, array, object };

// "null", "bool", "int", "double", "string", "bytes", "array", "object". Static storage.
[[nodiscard]] std::string_view to_string(ValueType type) noexcept;

using Array = std::vector<Value>;

// Octets that are not text. In JSON: {"$bytes": base64}.
struct Bytes {
  std::vector<std::uint8_t> octets;

  bool operator==(const Bytes&) const = default;
};

class Object {
 public:
  class Member;
  using const_iterator = std::vector<Member>::const_iterator;

  Object() noexcept;
  // A key given twice keeps its last value.
  Object(std::initializer_list<Member> members);
  explicit Object(std::vector<Member> members);
  Object(const Object&);
  Object(Object&&) noexcept;
  Object& operator=(const Object&);
  Object& operator=(Object&&) noexcept;
  ~Object();

  // Adds or replaces. O(log n) to find, O(n) to insert.
  void set(std::string key, Value value);
  // True if the key was there.
  bool erase(std::string_view key);
  // Null if the key is absent. The pointer lives until the object is next changed.
  [[nodiscard]] const Value* find(std::string_view key) const noexcept;
  [[nodiscard]] Value* find(std::string_view key) noexcept;
  // Throws Error(not_found) naming the key.
  [[nodiscard]] const Value& at(std::string_view key) const;
  // Adds a null if the key is absent.
  Value& operator[](std::string_view key);
  [[nodiscard]] bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }

  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] const_iterator begin() const noexcept;
  [[nodiscard]] const_iterator end() const noexcept;

  friend bool operator==(const Object& a, const Object& b) noexcept;

 private:
  friend class Value;

  std::vector<Member> members_;  // sorted by key
};

class Value {
 public:
  Value() noexcept = default;
  Value(std::nullptr_t) noexcept {}  // NOLINT: implicit by design, as are all below
  template <std::same_as<bool> B>
  Value(B value) noexcept : data_(value) {}  // NOLINT
  // Unsigned values above the int64 range become the nearest double.
  template <std::integral I>
  requires(!std::same_as<I, bool>) Value(I value)
  noexcept {  // NOLINT
    if (std::in_range<std::int64_t>(value)) {
      data_ = static_cast<std::int64_t>(value);
    } else {
      data_ = static_cast<double>(value);
    }
  }
  template <std::floating_point F>
  Value(F value) noexcept : data_(static_cast<double>(value)) {}  // NOLINT
  Value(const char* text);                                        // NOLINT: a null pointer is the empty string
  Value(std::string_view text);                                   // NOLINT
  Value(std::string text) noexcept;                               // NOLINT
  Value(Bytes bytes) noexcept;                                    // NOLINT
  Value(Array array) noexcept;                                    // NOLINT
  Value(Object object) noexcept;                                  // NOLINT
  // Defined elsewhere, as are the constructors above: inline they would make every unit that includes this compile the
  // variant's copying and destroying, which cost a sixth of spark/telemetry.h.
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  // Does not recurse, so that no depth of nesting overflows the stack.
  ~Value();

  [[nodiscard]] ValueType type() const noexcept { return static_cast<ValueType>(data_.index()); }
  [[nodiscard]] bool is_null() const noexcept { return type() == ValueType::null; }
  [[nodiscard]] bool is_bool() const noexcept { return type() == ValueType::boolean; }
  [[nodiscard]] bool is_int() const noexcept { return type() == ValueType::integer; }
  [[nodiscard]] bool is_double() const noexcept { return type() == ValueType::number; }
  [[nodiscard]] bool is_number() const noexcept { return is_int() || is_double(); }
  [[nodiscard]] bool is_string() const noexcept { return type() == ValueType::string; }
  [[nodiscard]] bool is_bytes() const noexcept { return type() == ValueType::bytes; }
  [[nodiscard]] bool is_array() const noexcept { return type() == ValueType::array; }
  [[nodiscard]] bool is_object() const noexcept { return type() == ValueType::object; }

  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_int() const;
  // An int is given as the nearest double.
  [[nodiscard]] double as_double() const;
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] std::string& as_string();
  [[nodiscard]] const Bytes& as_bytes() const;
  [[nodiscard]] const Array& as_array() const;
  [[nodiscard]] Array& as_array();
  [[nodiscard]] const Object& as_object() const;
  [[nodiscard]] Object& as_object();

  friend bool operator==(const Value& a, const Value& b) noexcept;
  // Orders numbers with numbers, strings and bytes with their own kind (byte order), false before true; anything else,
  // and NaN, is unordered.
  friend std::partial_ordering operator<=>(const Value& a, const Value& b) noexcept;

 private:
  template <class T>
  const T& get_as(ValueType wanted) const;
  // Destroys what is nested deeper than one level.
  void flatten() noexcept;

  std::variant<std::monostate, bool, std::int64_t, double, std::string, Bytes, Array, Object> data_;
};

class Object::Member {
 public:
  Member(std::string name, Value content) : key(std::move(name)), value(std::move(content)) {}

  std::string key;
  Value value;
};

// Estimated heap and inline bytes of a value, for the memory bounds of buffers and stores. O(n).
[[nodiscard]] std::size_t estimated_size_bytes(const Value& value) noexcept;

}  // namespace spark
