#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/json_tags.h"
#include "spark/base/error.h"
#include "spark/base/json.h"

namespace spark {
namespace {

namespace json = boost::json;

// Builds Values from the parser's events, without an intermediate document. Tags are still plain objects
// here.
class Builder {
 public:
  // The names and types below are what json::basic_parser asks of a handler.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code& error) { return open(true, error); }
  bool on_array_begin(json::error_code& error) { return open(false, error); }

  bool on_object_end(std::size_t count, json::error_code&) {
    auto members = std::move(open_.back().members);
    open_.pop_back();
    if (count == 1 && detail::looks_like_tag(members.front().key)) has_tags_ = true;
    return add(Value(Object(std::move(members))));
  }
  bool on_array_end(std::size_t, json::error_code&) {
    auto elements = std::move(open_.back().elements);
    open_.pop_back();
    return add(Value(std::move(elements)));
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return on_part(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    on_part(part);
    open_.back().key = std::exchange(text_, {});
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return on_part(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    on_part(part);
    return add(Value(std::exchange(text_, {})));
  }

  bool on_number_part(json::string_view part, json::error_code&) { return on_part(part); }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    text_.clear();
    return add(Value(value));
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    text_.clear();
    return add(Value(value));
  }
  bool on_double(double approximate, json::string_view part, json::error_code& error) {
    // The parser's own double can be off by an ulp; a number must come back as it was written.
    on_part(part);
    double value = 0;
    const auto result = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (result.ec == std::errc::result_out_of_range) {
      if (std::abs(approximate) > 1) {
        error = json::error::exponent_overflow;
        return false;
      }
      value = text_.front() == '-' ? -0.0 : 0.0;
    }
    text_.clear();
    return add(Value(value));
  }
  bool on_bool(bool value, json::error_code&) { return add(Value(value)); }
  bool on_null(json::error_code&) { return add(Value()); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  [[nodiscard]] Value& result() noexcept { return result_; }
  [[nodiscard]] bool has_tags() const noexcept { return has_tags_; }

 private:
  struct Open {
    bool is_object;
    std::string key;
    std::vector<Object::Member> members;
    Array elements;
  };

  bool open(bool is_object, json::error_code& error) {
    if (open_.size() >= max_depth_) {
      error = json::error::too_deep;
      return false;
    }
    open_.push_back({is_object, {}, {}, {}});
    return true;
  }

  bool on_part(json::string_view part) {
    text_.append(part.data(), part.size());
    return true;
  }

  bool add(Value value) {
    if (open_.empty()) {
      result_ = std::move(value);
    } else if (open_.back().is_object) {
      open_.back().members.emplace_back(std::move(open_.back().key), std::move(value));
    } else {
      open_.back().elements.push_back(std::move(value));
    }
    return true;
  }

  std::size_t max_depth_;
  std::vector<Open> open_;
  std::string text_;  // of the key, string or number that is being read
  Value result_;
  bool has_tags_ = false;
};

std::optional<double> double_of_tag(const Value& content) {
  if (!content.is_string()) return std::nullopt;
  const std::string& name = content.as_string();
  if (name == detail::not_a_number) return std::numeric_limits<double>::quiet_NaN();
  if (name == detail::infinity) return std::numeric_limits<double>::infinity();
  if (name == detail::negative_infinity) return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

std::optional<Bytes> bytes_of_tag(const Value& content) {
  if (!content.is_string()) return std::nullopt;
  const std::string& text = content.as_string();
  if (text.size() % 4 != 0) return std::nullopt;
  const auto digit_of = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
  };
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  Bytes bytes;
  bytes.octets.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < text.size() - padding; ++i) {
    const int digit = digit_of(text[i]);
    if (digit < 0) return std::nullopt;
    group = (group << 6) | static_cast<std::uint32_t>(digit);
    if (i % 4 == 1) bytes.octets.push_back(static_cast<std::uint8_t>(group >> 4));
    if (i % 4 == 2) bytes.octets.push_back(static_cast<std::uint8_t>(group >> 2));
    if (i % 4 == 3) bytes.octets.push_back(static_cast<std::uint8_t>(group));
  }
  return bytes;
}

void untag(Value& value);

void untag_members(Object& object) {
  for (const Object::Member& member : object) untag(*object.find(member.key));
}

// Turns tagged objects into what they stand for, from the outside in: what is directly inside an "$object" is
// a plain object whatever it looks like. An object that only resembles a tag, as other programs write
// ("$ref"), stays as it is.
void untag(Value& value) {
  if (value.is_array()) {
    for (Value& element : value.as_array()) untag(element);
    return;
  }
  if (!value.is_object()) return;
  Object& object = value.as_object();
  if (object.size() == 1 && detail::looks_like_tag(object.begin()->key)) {
    const std::string& tag = object.begin()->key;
    Value& content = *object.find(tag);
    if (tag == detail::double_tag) {
      if (const auto number = double_of_tag(content)) {
        value = *number;
        return;
      }
    } else if (tag == detail::bytes_tag) {
      if (auto bytes = bytes_of_tag(content)) {
        value = std::move(*bytes);
        return;
      }
    } else if (tag == detail::object_tag && content.is_object()) {
      Object plain = std::move(content.as_object());
      untag_members(plain);
      value = std::move(plain);
      return;
    }
  }
  untag_members(object);
}

[[noreturn]] void refuse(std::size_t offset, const std::string& why) {
  throw Error(ErrorCode::invalid_argument, "cannot parse JSON: at offset " + std::to_string(offset) + ": " + why);
}

}  // namespace

Value parse_json(std::string_view text, int max_depth) {
  const auto depth = static_cast<std::size_t>(std::max(max_depth, 0));
  json::parse_options options;
  options.max_depth = depth;
  json::basic_parser<Builder> parser(options, depth);
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error == json::error::too_deep) {
    refuse(used, "nested deeper than " + std::to_string(depth));
  } else if (error) {
    refuse(used, error.message());
  } else if (used < text.size()) {
    refuse(used, "something follows the value");
  }
  Value value = std::move(parser.handler().result());
  if (parser.handler().has_tags()) untag(value);
  return value;
}

}  // namespace spark
