#include "telemetry/group_key.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "spark/base/json.h"

namespace spark::detail {
namespace {

enum class Tag : char { null, no, yes, integer, number, nan, string, bytes, array, object };

void append(std::string& out, Tag tag) { out.push_back(static_cast<char>(tag)); }

template <class Number>
void append_raw(std::string& out, Number number) {
  char octets[sizeof number];
  std::memcpy(octets, &number, sizeof number);
  out.append(octets, sizeof number);
}

void append_sized(std::string& out, Tag tag, const void* data, std::size_t size) {
  append(out, tag);
  append_raw(out, static_cast<std::uint64_t>(size));
  out.append(static_cast<const char*>(data), size);
}

// The int that equals it, if there is one.
std::optional<std::int64_t> integer_of(double number) noexcept {
  constexpr double end = 9'223'372'036'854'775'808.0;
  if (!(number >= -end && number < end) || std::trunc(number) != number) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

void append_number(std::string& out, double number) {
  if (std::isnan(number)) return append(out, Tag::nan);
  if (const auto integer = integer_of(number)) return append_key_integer(out, *integer);
  append(out, Tag::number);
  append_raw(out, number);
}

// Reads what the functions of this file wrote, and nothing else.
class KeyReader {
 public:
  explicit KeyReader(std::string_view octets) noexcept : rest_(octets) {}

  [[nodiscard]] bool has_more() const noexcept { return !rest_.empty(); }
  [[nodiscard]] Value value() {
    switch (static_cast<Tag>(take(1).front())) {
      case Tag::null:
        return {};
      case Tag::no:
        return false;
      case Tag::yes:
        return true;
      case Tag::integer:
        return raw<std::int64_t>();
      case Tag::number:
        return raw<double>();
      case Tag::nan:
        return std::numeric_limits<double>::quiet_NaN();
      case Tag::string:
        return text();
      case Tag::bytes: {
        const std::string_view octets = text();
        return Bytes{{octets.begin(), octets.end()}};
      }
      case Tag::array: {
        Array array;
        for (auto count = raw<std::uint64_t>(); count > 0; --count) array.push_back(value());
        return array;
      }
      case Tag::object: {
        std::vector<Object::Member> members;
        for (auto count = raw<std::uint64_t>(); count > 0; --count) {
          std::string key(text());
          members.emplace_back(std::move(key), value());
        }
        return Object(std::move(members));
      }
    }
    return {};
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  template <class Number>
  Number raw() {
    Number number;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }
  std::string_view text() { return take(raw<std::uint64_t>()); }

  std::string_view rest_;
};

// Types that are not ordered among each other come in this order.
int rank(const Value& value) noexcept {
  return value.is_int() ? static_cast<int>(ValueType::number) : static_cast<int>(value.type());
}

std::weak_ordering known(std::partial_ordering order) noexcept {
  if (order < 0) return std::weak_ordering::less;
  return order > 0 ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

bool is_nan(const Value& value) { return value.is_double() && std::isnan(value.as_double()); }

}  // namespace

void append_key_null(std::string& out) { append(out, Tag::null); }

void append_key_integer(std::string& out, std::int64_t number) {
  append(out, Tag::integer);
  append_raw(out, number);
}

void append_key_text(std::string& out, std::string_view text) {
  append_sized(out, Tag::string, text.data(), text.size());
}

void append_key(std::string& out, const Value& value) {
  switch (value.type()) {
    case ValueType::null:
      return append_key_null(out);
    case ValueType::boolean:
      return append(out, value.as_bool() ? Tag::yes : Tag::no);
    case ValueType::integer:
      return append_key_integer(out, value.as_int());
    case ValueType::number:
      return append_number(out, value.as_double());
    case ValueType::string:
      return append_key_text(out, value.as_string());
    case ValueType::bytes:
      return append_sized(out, Tag::bytes, value.as_bytes().octets.data(), value.as_bytes().octets.size());
    case ValueType::array:
      append(out, Tag::array);
      append_raw(out, static_cast<std::uint64_t>(value.as_array().size()));
      for (const Value& element : value.as_array()) append_key(out, element);
      return;
    case ValueType::object:
      append(out, Tag::object);
      append_raw(out, static_cast<std::uint64_t>(value.as_object().size()));
      for (const auto& member : value.as_object()) {
        append_raw(out, static_cast<std::uint64_t>(member.key.size()));
        out.append(member.key);
        append_key(out, member.value);
      }
      return;
  }
}

std::vector<Value> read_keys(std::string_view octets) {
  std::vector<Value> keys;
  for (KeyReader reader(octets); reader.has_more();) keys.push_back(reader.value());
  return keys;
}

std::weak_ordering compare_keys(const Value& a, const Value& b) {
  if (rank(a) != rank(b)) return rank(a) <=> rank(b);
  if (a.is_array() || a.is_object()) return to_json(a) <=> to_json(b);
  if (is_nan(a) || is_nan(b)) return is_nan(a) <=> is_nan(b);
  return known(a <=> b);
}

std::weak_ordering compare_keys(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (const auto order = compare_keys(a[i], b[i]); order != 0) return order;
  }
  return a.size() <=> b.size();
}

std::int64_t bucket_begin(std::int64_t time_ns, std::int64_t width_ns) noexcept {
  const std::int64_t over = time_ns % width_ns;
  const std::int64_t since_begin = over < 0 ? over + width_ns : over;
  constexpr std::int64_t first = std::numeric_limits<std::int64_t>::min();
  return time_ns < first + since_begin ? first : time_ns - since_begin;
}

}  // namespace spark::detail
