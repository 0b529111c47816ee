#include "ingest/json_to_protobuf.h"

#include <bit>
#include <boost/json/basic_parser_impl.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "ingest/json_scalars.h"
#include "ingest/json_schema.h"
#include "spark/base/error.h"

namespace spark::detail::ingest {
namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 256;  // of JSON; a value of 100 messages has about 170 brackets around it

enum class WireType : std::uint32_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

// Writes the message from the parser's events. A message's size is not known before its end: it gets a varint of fixed
// width, which is filled in then.
class Transcoder {
 public:
  // The names and types below are what json::basic_parser asks of a handler.
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  explicit Transcoder(const JsonMessage& request) : request_(request) {}

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code& error) {
    if (is_skipping()) return skip_deeper();
    if (open_.empty()) {
      if (is_begun_) return refuse(error, "something follows the request");
      is_begun_ = true;
      open_.push_back({.message = &request_});
      return true;
    }
    const JsonField* const field = value_field(error);
    if (field == nullptr) return false;
    if (field->type != JsonType::message) return refuse(error, "an object instead of a scalar");
    tag(*field, WireType::length_delimited);
    open_.push_back({.message = field->message, .size_at = out_.size(), .has_size = true});
    out_.append(size_width, '\0');
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    if (is_skipping()) return skip_less();
    const Open closed = open_.back();
    open_.pop_back();
    if (closed.has_size) fill_in_size(closed.size_at);
    return true;
  }
  bool on_array_begin(json::error_code& error) {
    if (is_skipping()) return skip_deeper();
    const JsonField* const field = any_field(error);
    if (field == nullptr) return false;
    if (!field->is_repeated || open_.back().message == nullptr) return refuse(error, "an array");
    open_.push_back({.field = field});
    return true;
  }
  bool on_array_end(std::size_t, json::error_code&) {
    if (is_skipping()) return skip_less();
    open_.pop_back();
    return true;
  }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return on_part(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    const std::string_view name = whole(part);
    if (!is_skipping()) {
      open_.back().field = open_.back().message->find(name);
      skipped_ = open_.back().field == nullptr ? 1 : 0;
      is_skipping_scalar_ = skipped_ == 1;
    }
    text_.clear();
    return true;
  }

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return on_part(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code& error) {
    return on_scalar(error, [&](const JsonField& field) { return put_text(field, whole(part)); });
  }
  bool on_number_part(json::string_view part, json::error_code&) { return on_part(part); }
  bool on_int64(std::int64_t, json::string_view part, json::error_code& error) { return on_number(part, error); }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code& error) { return on_number(part, error); }
  bool on_double(double, json::string_view part, json::error_code& error) { return on_number(part, error); }
  bool on_bool(bool value, json::error_code& error) {
    return on_scalar(error, [&](const JsonField& field) {
      if (field.type != JsonType::boolean) return false;
      varint(field, value ? 1 : 0);
      return true;
    });
  }
  bool on_null(json::error_code& error) {
    if (!is_skipping() && !open_.empty() && open_.back().message != nullptr && open_.back().field->is_repeated) {
      return true;  // as if it were left out
    }
    return on_scalar(error, [&](const JsonField& field) {
      if (field.null_is_nan) number(field, std::numeric_limits<double>::quiet_NaN());
      // In an array it stands for an element, elsewhere for what is left out.
      if (open_.back().message == nullptr && field.type == JsonType::message) put_octets(field, {});
      return true;
    });
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

  [[nodiscard]] std::string& out() noexcept { return out_; }
  // Empty: nothing of ours is wrong.
  [[nodiscard]] const std::string& complaint() const noexcept { return complaint_; }

 private:
  // A message, or a list of a field of the message around it.
  struct Open {
    const JsonMessage* message = nullptr;  // null: a list
    const JsonField* field = nullptr;      // of the message: the one that is read
    std::size_t size_at = 0;
    bool has_size = false;
  };
  static constexpr std::size_t size_width = 5;  // 7 bits each: up to 32 GiB

  // Inside of what nobody asked for.
  [[nodiscard]] bool is_skipping() const noexcept { return skipped_ != 0; }
  bool skip_deeper() noexcept {
    // The first bracket after an unknown key is where the skipping began already.
    if (!is_skipping_scalar_) ++skipped_;
    is_skipping_scalar_ = false;
    return true;
  }
  bool skip_less() noexcept {
    --skipped_;
    return true;
  }

  // The field that a value, which is no list, is for. Null: there may be no value here.
  const JsonField* value_field(json::error_code& error) {
    const JsonField* const field = any_field(error);
    const bool has_to_be_a_list = field != nullptr && field->is_repeated && open_.back().message != nullptr;
    if (!has_to_be_a_list) return field;
    refuse(error, "no array");
    return nullptr;
  }
  const JsonField* any_field(json::error_code& error) {
    if (!open_.empty()) return open_.back().field;
    refuse(error, "the request is no object");
    return nullptr;
  }
  bool refuse(json::error_code& error, std::string_view what) {
    if (complaint_.empty()) {
      if (!open_.empty() && open_.back().field != nullptr) {
        complaint_.append(open_.back().field->field.json).append(": ");
      }
      complaint_.append(what);
    }
    error = json::error::syntax;
    return false;
  }

  template <class Put>
  bool on_scalar(json::error_code& error, const Put& put) {
    if (is_skipping()) {
      if (is_skipping_scalar_) skipped_ = 0;
      is_skipping_scalar_ = false;
      text_.clear();
      return true;
    }
    const JsonField* const field = value_field(error);
    if (field == nullptr) return false;
    const bool is_done = put(*field);
    text_.clear();
    return is_done || refuse(error, "not of the type that it should be");
  }
  bool on_number(json::string_view part, json::error_code& error) {
    return on_scalar(error, [&](const JsonField& field) { return put_number(field, whole(part)); });
  }
  bool on_part(json::string_view part) {
    if (!is_skipping()) text_.append(part.data(), part.size());
    return true;
  }
  // The text whose last part this is. Lives until text_ is cleared.
  std::string_view whole(json::string_view part) {
    if (text_.empty()) return {part.data(), part.size()};
    on_part(part);
    return text_;
  }

  bool put_text(const JsonField& field, std::string_view text) {
    switch (field.type) {
      case JsonType::message:
      case JsonType::boolean:
        return false;
      case JsonType::text:
        put_octets(field, text);
        return true;
      case JsonType::id:
        octets_.clear();
        if (!append_hex(octets_, text)) return false;
        put_octets(field, octets_);
        return true;
      case JsonType::bytes:
        octets_.clear();
        if (!append_base64_octets(octets_, text)) return false;
        put_octets(field, octets_);
        return true;
      case JsonType::enumerator:
        for (const JsonEnumerator& enumerator : field.enumerators) {
          if (enumerator.name != text) continue;
          varint(field, enumerator.number);
          return true;
        }
        return put_number(field, text);
      default:
        return put_number(field, text);
    }
  }
  bool put_number(const JsonField& field, std::string_view text);

  void tag(const JsonField& field, WireType type) {
    raw_varint(std::uint64_t{field.field.number} << 3 | static_cast<std::uint32_t>(type));
  }
  void raw_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }
  void varint(const JsonField& field, std::uint64_t value) {
    tag(field, WireType::varint);
    raw_varint(value);
  }
  void little_endian(std::uint64_t value, int octets) {
    for (int i = 0; i < octets; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }
  void number(const JsonField& field, double value) {
    tag(field, WireType::fixed64);
    little_endian(std::bit_cast<std::uint64_t>(value), 8);
  }
  void put_octets(const JsonField& field, std::string_view octets) {
    tag(field, WireType::length_delimited);
    raw_varint(octets.size());
    out_.append(octets);
  }
  void fill_in_size(std::size_t at) noexcept {
    std::size_t size = out_.size() - at - size_width;
    for (std::size_t i = 0; i < size_width; ++i, size >>= 7) {
      const bool is_last = i + 1 == size_width;
      out_[at + i] = static_cast<char>((size & 0x7F) | (is_last ? 0 : 0x80));
    }
  }

  const JsonMessage& request_;
  std::string out_;
  std::vector<Open> open_;
  std::string text_;    // of the key, text or number that is being read, if it came in parts
  std::string octets_;  // kept for its memory
  std::size_t skipped_ = 0;
  bool is_skipping_scalar_ = false;  // a key was unknown, and its value has not begun
  bool is_begun_ = false;
  std::string complaint_;
};

bool Transcoder::put_number(const JsonField& field, std::string_view text) {
  switch (field.type) {
    case JsonType::number: {
      const auto value = parse_double(text);
      if (value) number(field, *value);
      return value.has_value();
    }
    case JsonType::int64:
    case JsonType::sfixed64: {
      const auto value = parse_integer<std::int64_t>(text);
      if (!value) return false;
      if (field.type == JsonType::int64) {
        varint(field, static_cast<std::uint64_t>(*value));
      } else {
        tag(field, WireType::fixed64);
        little_endian(static_cast<std::uint64_t>(*value), 8);
      }
      return true;
    }
    case JsonType::fixed64:
    case JsonType::uint64: {
      const auto value = parse_integer<std::uint64_t>(text);
      if (!value) return false;
      if (field.type == JsonType::uint64) {
        varint(field, *value);
      } else {
        tag(field, WireType::fixed64);
        little_endian(*value, 8);
      }
      return true;
    }
    case JsonType::uint32:
    case JsonType::fixed32: {
      const auto value = parse_integer<std::uint32_t>(text);
      if (!value) return false;
      if (field.type == JsonType::uint32) {
        varint(field, *value);
      } else {
        tag(field, WireType::fixed32);
        little_endian(*value, 4);
      }
      return true;
    }
    case JsonType::sint32: {
      const auto value = parse_integer<std::int32_t>(text);
      if (value) varint(field, (static_cast<std::uint32_t>(*value) << 1) ^ static_cast<std::uint32_t>(*value >> 31));
      return value.has_value();
    }
    case JsonType::enumerator: {
      const auto value = parse_integer<std::int32_t>(text);
      if (value) varint(field, static_cast<std::uint64_t>(std::int64_t{*value}));
      return value.has_value();
    }
    default:
      return false;
  }
}

[[noreturn]] void refuse_json(std::size_t offset, const std::string& why) {
  throw Error(ErrorCode::invalid_argument, "cannot decode OTLP/JSON: at offset " + std::to_string(offset) + ": " + why);
}

}  // namespace

std::string json_to_protobuf(otlp::Signal signal, std::string_view text) {
  json::parse_options options;
  options.max_depth = max_depth;
  options.allow_invalid_utf8 = true;
  json::basic_parser<Transcoder> parser(options, json_request(signal));
  json::error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  Transcoder& transcoder = parser.handler();
  if (!transcoder.complaint().empty()) refuse_json(used, transcoder.complaint());
  if (error == json::error::too_deep) refuse_json(used, "nested deeper than " + std::to_string(max_depth));
  if (error) {
    // Once: then there is none left.
    std::string repaired(text);
    if (replace_lone_surrogates(repaired)) return json_to_protobuf(signal, repaired);
    refuse_json(used, error.message());
  }
  const std::size_t rest = text.find_first_not_of(" \t\r\n", used);
  if (rest != std::string_view::npos) refuse_json(rest, "something follows the request");
  return std::move(transcoder.out());
}

}  // namespace spark::detail::ingest
