#include "telemetry/attribute_condition.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark {

std::string_view to_string(AttributeOp op) noexcept {
  switch (op) {
    case AttributeOp::equal:
      return "equal";
    case AttributeOp::not_equal:
      return "not_equal";
    case AttributeOp::less:
      return "less";
    case AttributeOp::greater:
      return "greater";
    case AttributeOp::exists:
      return "exists";
  }
  return "unknown";
}

namespace detail {
namespace {

// Deeper than what stores write.
constexpr int max_json_depth = 1'000;

// Goes through JSON text without making anything of it. Each function begins at the first character of what it reads.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) noexcept : at_(text.data()), end_(text.data() + text.size()) {}

  // The next character that is not white space.
  [[nodiscard]] char peek() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    if (at_ == end_) refuse();
    return *at_;
  }
  void take(char expected) {
    if (peek() != expected) refuse();
    ++at_;
  }

  // With its quotes.
  std::string_view string() {
    const char* const begin = at_;
    take('"');
    for (;;) {
      const void* quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
      if (quote == nullptr) refuse();
      const char* const found = static_cast<const char*>(quote);
      const char* before = found;
      while (before != at_ && before[-1] == '\\') --before;
      at_ = found + 1;
      // An odd number of backslashes ends in one that belongs to the quote.
      if ((found - before) % 2 == 0) return {begin, static_cast<std::size_t>(at_ - begin)};
    }
  }

  // Of any type, as it is written.
  std::string_view value() {
    const char first = peek();
    const char* const begin = at_;
    if (first == '"') return string();
    if (first == '{' || first == '[') {
      std::size_t depth = 0;
      do {
        if (at_ == end_) refuse();
        const char c = *at_;
        if (c == '"') {
          string();
          continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++at_;
      } while (depth != 0);
    } else {
      while (at_ != end_ && std::memchr(",}] \n\r\t", *at_, 7) == nullptr) ++at_;
      if (at_ == begin) refuse();
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }

 private:
  [[noreturn]] static void refuse() {
    throw Error(ErrorCode::invalid_argument, "attributes are not the JSON of an object");
  }

  const char* at_;
  const char* end_;
};

bool is_key(std::string_view written, const std::string& quoted, const std::string& key) {
  if (written == quoted) return true;
  // Another program may have escaped what need not be.
  return written.find('\\') != std::string_view::npos && parse_json(written).as_string() == key;
}

enum class Member : std::uint8_t { absent, found, tagged };

// Moves the scanner from an object to the value of one of its members. `tagged` if the object may be one that stands
// for something else (json.h): all of those begin with such a key, and attributes hardly ever do.
Member find_member(JsonScanner& scanner, const std::string& quoted, const std::string& key) {
  if (scanner.peek() != '{') return Member::absent;
  scanner.take('{');
  if (scanner.peek() == '}') return Member::absent;
  for (bool is_first = true;; is_first = false) {
    const std::string_view written = scanner.string();
    if (is_first && written.starts_with("\"$")) return Member::tagged;
    scanner.take(':');
    if (is_key(written, quoted, key)) return Member::found;
    scanner.value();
    if (scanner.peek() == '}') return Member::absent;
    scanner.take(',');
    static_cast<void>(scanner.peek());
  }
}

// A string without escapes, with its quotes.
bool is_plain_text(std::string_view json) noexcept {
  return json.front() == '"' && json.find('\\') == std::string_view::npos;
}

// Of an int or a double as append_json writes them; nothing for other spellings and what is out of range.
std::optional<Value> plain_number(std::string_view text) noexcept {
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc() && read.ptr == end) {
    return Value(integer);
  }
  double number = 0;
  const bool has_point = text.find_first_of(".e") != std::string_view::npos;
  const auto read = std::from_chars(text.data(), end, number);
  if (has_point && read.ec == std::errc() && read.ptr == end) return Value(number);
  return std::nullopt;
}

}  // namespace

const Value* find_attribute(const Object& attributes, const std::vector<std::string>& path) noexcept {
  const Object* object = &attributes;
  const Value* value = nullptr;
  for (const std::string& key : path) {
    if (value != nullptr) {
      if (!value->is_object()) return nullptr;
      object = &value->as_object();
    }
    value = object->find(key);
    if (value == nullptr) return nullptr;
  }
  return value;
}

bool attribute_holds(const Value& actual, AttributeOp op, const Value& wanted) noexcept {
  const auto can_be_ordered = [&] {
    return (actual.is_number() && wanted.is_number()) || (actual.is_string() && wanted.is_string());
  };
  switch (op) {
    case AttributeOp::equal:
      return actual == wanted;
    case AttributeOp::not_equal:
      return !(actual == wanted);
    case AttributeOp::less:
      return can_be_ordered() && actual < wanted;
    case AttributeOp::greater:
      return can_be_ordered() && actual > wanted;
    case AttributeOp::exists:
      return true;
  }
  return false;
}

AttributeReader::AttributeReader(std::vector<std::string> path) : path_(std::move(path)) {
  if (path_.empty()) {
    throw Error(ErrorCode::invalid_argument, "an attribute's path is empty; it must have one key or more");
  }
  if (path_.size() > max_attribute_path) {
    throw Error(ErrorCode::invalid_argument, "an attribute's path has " + std::to_string(path_.size()) +
                                                 " keys; at most " + std::to_string(max_attribute_path) +
                                                 " are allowed");
  }
  for (const std::string& key : path_) append_json_string(quoted_path_.emplace_back(), key);
}

AttributeReader::Search AttributeReader::locate(std::string_view json, std::string_view& text) const {
  if (json == "{}") return Search::absent;
  JsonScanner scanner(json);
  for (std::size_t i = 0; i < path_.size(); ++i) {
    switch (find_member(scanner, quoted_path_[i], path_[i])) {
      case Member::absent:
        return Search::absent;
      case Member::found:
        break;
      case Member::tagged:
        return Search::tagged;
    }
  }
  static_cast<void>(scanner.peek());
  text = scanner.value();
  return Search::found;
}

std::optional<Value> AttributeReader::find_in_json(std::string_view json) const {
  std::string_view text;
  switch (locate(json, text)) {
    case Search::absent:
      return std::nullopt;
    case Search::found:
      break;
    case Search::tagged: {
      const Value attributes = parse_json(json, max_json_depth);
      const Value* found = find(attributes.as_object());
      return found != nullptr ? std::optional(*found) : std::nullopt;
    }
  }
  if (is_plain_text(text)) return Value(text.substr(1, text.size() - 2));
  if (auto number = plain_number(text)) return number;
  return parse_json(text, max_json_depth);
}

AttributeCondition::AttributeCondition(AttributeFilter filter)
    : reader_(std::move(filter.path)), op_(filter.op), value_(std::move(filter.value)) {}

bool AttributeCondition::holds(const Object& attributes) const noexcept {
  const Value* actual = reader_.find(attributes);
  return actual != nullptr && attribute_holds(*actual, op_, value_);
}

bool AttributeCondition::holds_in_json(std::string_view json) const {
  std::string_view text;
  switch (reader_.locate(json, text)) {
    case AttributeReader::Search::absent:
      return false;
    case AttributeReader::Search::found:
      break;
    case AttributeReader::Search::tagged:
      return holds(parse_json(json, max_json_depth).as_object());
  }
  return holds_for_json(text);
}

bool AttributeCondition::holds_for_json(std::string_view json) const {
  if (op_ == AttributeOp::exists) return true;
  if (is_plain_text(json)) return holds_for_text(json.substr(1, json.size() - 2));
  if (const auto number = plain_number(json)) return attribute_holds(*number, op_, value_);
  return attribute_holds(parse_json(json, max_json_depth), op_, value_);
}

// As attribute_holds, of a string that need not be made.
bool AttributeCondition::holds_for_text(std::string_view actual) const noexcept {
  if (!value_.is_string()) return op_ == AttributeOp::not_equal;
  const int order = actual.compare(value_.as_string());
  switch (op_) {
    case AttributeOp::equal:
      return order == 0;
    case AttributeOp::not_equal:
      return order != 0;
    case AttributeOp::less:
      return order < 0;
    case AttributeOp::greater:
      return order > 0;
    case AttributeOp::exists:
      return true;
  }
  return false;
}

std::vector<AttributeCondition> attribute_conditions(const std::vector<AttributeFilter>& filters) {
  if (filters.size() > max_attribute_filters) {
    throw Error(ErrorCode::invalid_argument, "a query has " + std::to_string(filters.size()) +
                                                 " attribute filters; at most " +
                                                 std::to_string(max_attribute_filters) + " are allowed");
  }
  return {filters.begin(), filters.end()};
}

}  // namespace detail
}  // namespace spark
