#include "spark/base/value.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "spark/base/error.h"

namespace spark {
namespace {

// 2^63, the first double above every int64; its negative is the lowest int64.
constexpr double int64_end = 9223372036854775808.0;

std::partial_ordering compare_int_double(std::int64_t a, double b) noexcept {
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= int64_end) return std::partial_ordering::less;
  if (b < -int64_end) return std::partial_ordering::greater;
  // Both sides as integers, so that nothing is rounded; then what was cut off decides.
  const double whole = std::trunc(b);
  const auto order = a <=> static_cast<std::int64_t>(whole);
  if (order != 0) return order;
  return 0.0 <=> (b - whole);
}

[[noreturn]] void refuse_type(ValueType is, ValueType wanted) {
  std::string message = "the value is of type ";
  message.append(to_string(is)).append(", not ").append(to_string(wanted));
  throw Error(ErrorCode::invalid_argument, message);
}

struct KeyLess {
  bool operator()(const Object::Member& a, std::string_view b) const noexcept { return a.key < b; }
};

}  // namespace

std::string_view to_string(ValueType type) noexcept {
  switch (type) {
    case ValueType::null:
      return "null";
    case ValueType::boolean:
      return "bool";
    case ValueType::integer:
      return "int";
    case ValueType::number:
      return "double";
    case ValueType::string:
      return "string";
    case ValueType::bytes:
      return "bytes";
    case ValueType::array:
      return "array";
    case ValueType::object:
      return "object";
  }
  return "unknown";
}

Object::Object() noexcept = default;
Object::Object(const Object&) = default;
Object::Object(Object&&) noexcept = default;
// By way of a temporary: `other` may be a part of this object, which the assignment would destroy first.
Object& Object::operator=(const Object& other) {
  Object copy(other);
  members_.swap(copy.members_);
  return *this;
}
Object& Object::operator=(Object&& other) noexcept {
  Object taken(std::move(other));
  members_.swap(taken.members_);
  return *this;
}
Object::~Object() = default;

Object::Object(std::initializer_list<Member> members) : Object(std::vector<Member>(members)) {}

Object::Object(std::vector<Member> members) : members_(std::move(members)) {
  const auto by_key = [](const Member& a, const Member& b) { return a.key < b.key; };
  const auto not_ascending = [](const Member& a, const Member& b) { return a.key >= b.key; };
  if (std::adjacent_find(members_.begin(), members_.end(), not_ascending) == members_.end()) return;
  std::stable_sort(members_.begin(), members_.end(), by_key);
  // Of a run with one key the last stays.
  auto kept = members_.begin();
  for (auto next = members_.begin(); next != members_.end(); ++next) {
    if (next + 1 != members_.end() && (next + 1)->key == next->key) continue;
    if (kept != next) *kept = std::move(*next);
    ++kept;
  }
  members_.erase(kept, members_.end());
}

void Object::set(std::string key, Value value) {
  const auto place = std::lower_bound(members_.begin(), members_.end(), std::string_view(key), KeyLess{});
  if (place != members_.end() && place->key == key) {
    place->value = std::move(value);
  } else {
    members_.emplace(place, std::move(key), std::move(value));
  }
}

bool Object::erase(std::string_view key) {
  const auto place = std::lower_bound(members_.begin(), members_.end(), key, KeyLess{});
  if (place == members_.end() || place->key != key) return false;
  members_.erase(place);
  return true;
}

const Value* Object::find(std::string_view key) const noexcept {
  const auto place = std::lower_bound(members_.begin(), members_.end(), key, KeyLess{});
  return place != members_.end() && place->key == key ? &place->value : nullptr;
}

Value* Object::find(std::string_view key) noexcept { return const_cast<Value*>(std::as_const(*this).find(key)); }

const Value& Object::at(std::string_view key) const {
  if (const Value* value = find(key)) return *value;
  std::string message = "the object has no member \"";
  message.append(key).append("\"");
  throw Error(ErrorCode::not_found, message);
}

Value& Object::operator[](std::string_view key) {
  const auto place = std::lower_bound(members_.begin(), members_.end(), key, KeyLess{});
  if (place != members_.end() && place->key == key) return place->value;
  return members_.emplace(place, std::string(key), Value())->value;
}

std::size_t Object::size() const noexcept { return members_.size(); }
bool Object::empty() const noexcept { return members_.empty(); }
Object::const_iterator Object::begin() const noexcept { return members_.begin(); }
Object::const_iterator Object::end() const noexcept { return members_.end(); }

bool operator==(const Object& a, const Object& b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Object::Member& left, const Object::Member& right) {
                      return left.key == right.key && left.value == right.value;
                    });
}

Value::Value(const char* text) : data_(std::string(text != nullptr ? text : "")) {}
Value::Value(std::string_view text) : data_(std::string(text)) {}
Value::Value(std::string text) noexcept : data_(std::move(text)) {}
Value::Value(Bytes bytes) noexcept : data_(std::move(bytes)) {}
Value::Value(Array array) noexcept : data_(std::move(array)) {}
Value::Value(Object object) noexcept : data_(std::move(object)) {}
Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
// By way of a temporary: `other` may be a part of this value, which the assignment would destroy first.
Value& Value::operator=(const Value& other) {
  Value copy(other);
  data_.swap(copy.data_);
  return *this;
}
Value& Value::operator=(Value&& other) noexcept {
  Value taken(std::move(other));
  data_.swap(taken.data_);
  return *this;
}
Value::~Value() {
  if (type() >= ValueType::array) flatten();
}

template <class T>
const T& Value::get_as(ValueType wanted) const {
  if (const T* content = std::get_if<T>(&data_)) return *content;
  refuse_type(type(), wanted);
}

bool Value::as_bool() const { return get_as<bool>(ValueType::boolean); }
std::int64_t Value::as_int() const { return get_as<std::int64_t>(ValueType::integer); }
double Value::as_double() const {
  if (is_int()) return static_cast<double>(std::get<std::int64_t>(data_));
  return get_as<double>(ValueType::number);
}
const std::string& Value::as_string() const { return get_as<std::string>(ValueType::string); }
std::string& Value::as_string() { return const_cast<std::string&>(std::as_const(*this).as_string()); }
const Bytes& Value::as_bytes() const { return get_as<Bytes>(ValueType::bytes); }
const Array& Value::as_array() const { return get_as<Array>(ValueType::array); }
Array& Value::as_array() { return const_cast<Array&>(std::as_const(*this).as_array()); }
const Object& Value::as_object() const { return get_as<Object>(ValueType::object); }
Object& Value::as_object() { return const_cast<Object&>(std::as_const(*this).as_object()); }

bool operator==(const Value& a, const Value& b) noexcept {
  if (a.type() != b.type()) return a.is_number() && b.is_number() && (a <=> b) == 0;
  switch (a.type()) {
    case ValueType::null:
      return true;
    case ValueType::boolean:
      return *std::get_if<bool>(&a.data_) == *std::get_if<bool>(&b.data_);
    case ValueType::integer:
      return *std::get_if<std::int64_t>(&a.data_) == *std::get_if<std::int64_t>(&b.data_);
    case ValueType::number:
      return *std::get_if<double>(&a.data_) == *std::get_if<double>(&b.data_);
    case ValueType::string:
      return *std::get_if<std::string>(&a.data_) == *std::get_if<std::string>(&b.data_);
    case ValueType::bytes:
      return *std::get_if<Bytes>(&a.data_) == *std::get_if<Bytes>(&b.data_);
    case ValueType::array:
      return *std::get_if<Array>(&a.data_) == *std::get_if<Array>(&b.data_);
    case ValueType::object:
      return *std::get_if<Object>(&a.data_) == *std::get_if<Object>(&b.data_);
  }
  return false;
}

std::partial_ordering operator<=>(const Value& a, const Value& b) noexcept {
  if (const auto* left = std::get_if<std::int64_t>(&a.data_)) {
    if (const auto* right = std::get_if<std::int64_t>(&b.data_)) return *left <=> *right;
    if (const auto* right = std::get_if<double>(&b.data_)) return compare_int_double(*left, *right);
  } else if (const auto* number = std::get_if<double>(&a.data_)) {
    if (const auto* right = std::get_if<double>(&b.data_)) return *number <=> *right;
    if (const auto* right = std::get_if<std::int64_t>(&b.data_)) return 0 <=> compare_int_double(*right, *number);
  } else if (a.type() == b.type()) {
    if (const auto* text = std::get_if<std::string>(&a.data_)) return *text <=> *std::get_if<std::string>(&b.data_);
    if (const auto* truth = std::get_if<bool>(&a.data_)) return *truth <=> *std::get_if<bool>(&b.data_);
    if (const auto* bytes = std::get_if<Bytes>(&a.data_)) return bytes->octets <=> std::get_if<Bytes>(&b.data_)->octets;
  }
  return std::partial_ordering::unordered;
}

void Value::flatten() noexcept {
  // Children that hold something are moved into one list until none has children of its own; only then are
  // they destroyed. A moved-from child is empty and costs nothing to destroy.
  Array pending;
  const auto take_nested = [&pending](Value& from) {
    const auto take = [&pending](Value& child) {
      const auto* array = std::get_if<Array>(&child.data_);
      const auto* object = std::get_if<Object>(&child.data_);
      if ((array && !array->empty()) || (object && !object->empty())) pending.push_back(std::move(child));
    };
    if (auto* array = std::get_if<Array>(&from.data_)) {
      for (Value& child : *array) take(child);
    } else if (auto* object = std::get_if<Object>(&from.data_)) {
      for (Object::Member& member : object->members_) take(member.value);
    }
  };
  try {
    take_nested(*this);
    while (!pending.empty()) {
      Value next = std::move(pending.back());
      pending.pop_back();
      take_nested(next);
      // What is left of `next` holds nothing nested: its destructor finds nothing more to take.
    }
  } catch (const std::bad_alloc&) {
    // Without memory for the list, the rest is destroyed by recursion.
  }
}

std::size_t estimated_size_bytes(const Value& value) noexcept {
  constexpr std::size_t inline_string = 15;  // of libstdc++
  const auto heap_of = [](const std::string& text) { return text.size() > inline_string ? text.size() + 1 : 0; };
  std::size_t size = sizeof(Value);
  switch (value.type()) {
    case ValueType::string:
      return size + heap_of(value.as_string());
    case ValueType::bytes:
      return size + value.as_bytes().octets.size();
    case ValueType::array:
      for (const Value& element : value.as_array()) size += estimated_size_bytes(element);
      return size;
    case ValueType::object:
      for (const auto& member : value.as_object()) {
        size += sizeof(std::string) + heap_of(member.key) + estimated_size_bytes(member.value);
      }
      return size;
    default:
      return size;
  }
}

}  // namespace spark
