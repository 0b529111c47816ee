#include "ingest/value_reader.h"

#include <bit>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spark/base/error.h"
#include "spark/base/utf8.h"

namespace spark::detail::ingest {
namespace {

constexpr int max_messages = 100;        // protobuf's own default
constexpr int messages_around = 6;       // request, resource, scope, record, KeyValue, AnyValue
constexpr std::size_t large = 64 << 10;  // bytes of a record

}  // namespace

std::string_view ValueReader::begin(std::string_view record) {
  is_in_batch_ = record.size() <= large;
  return is_in_batch_ ? builder_->copy(record) : record;
}

std::string_view ValueReader::text(std::string_view bytes) {
  if (bytes.size() > limits_.string_bytes) [[unlikely]] {
    ++cuts_.texts_cut;
    bytes = utf8_prefix(bytes, limits_.string_bytes);
  }
  if (!is_storable_utf8(bytes)) [[unlikely]]
    return builder_->copy(storable(bytes));
  return is_in_batch_ ? bytes : builder_->copy(bytes);
}

std::string_view ValueReader::copied_text(std::string_view bytes) {
  const bool was_in_batch = std::exchange(is_in_batch_, false);
  const std::string_view result = text(bytes);
  is_in_batch_ = was_in_batch;
  return result;
}

std::string ValueReader::storable(std::string_view bytes) {
  if (is_storable_utf8(bytes)) return std::string(bytes);
  ++cuts_.texts_repaired;
  std::string repaired;
  append_storable_utf8(repaired, bytes);
  return repaired;
}

RawAttribute ValueReader::raw(std::string_view key_value) {
  RawAttribute attribute;
  Message message = message_of(key_value);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(otlp::key_value::key):
        attribute.key = take(message);
        break;
      case octets(otlp::key_value::value):
        attribute.value = take(message);
        break;
      default:
        message.skip();
    }
  }
  if (attribute.key.size() > limits_.key_bytes) [[unlikely]] {
    ++cuts_.texts_cut;
    attribute.key = utf8_prefix(attribute.key, limits_.key_bytes);
  }
  return attribute;
}

void ValueReader::put(AttributeList& list, std::string_view key, std::string_view any_value) {
  const AnyValue any = read(any_value);
  const std::string_view kept_key = text(key);
  ValueView view;
  std::uint64_t original_bytes = 0;
  switch (any.type) {
    case ValueType::string:
      if (any.octets.size() > limits_.string_bytes) original_bytes = any.octets.size();
      view = ValueView(text(any.octets));
      break;
    case ValueType::bytes:
    case ValueType::array:
    case ValueType::object:
      view = ValueView(builder_->keep(std::make_unique<const Value>(nested(any, limits_, 1, messages_around))));
      break;
    default:
      view = scalar(any);
  }
  if (!list.put(kept_key, view, limits_.attributes_per_record, original_bytes)) ++cuts_.attributes_dropped;
}

void ValueReader::add(AttributeList& list, std::string_view key, Value value) {
  list.add(key, ValueView(builder_->keep(std::make_unique<const Value>(std::move(value)))),
           limits_.attributes_per_record);
}

ValueView ValueReader::scalar(std::string_view any_value) {
  const AnyValue any = read(any_value);
  return any.type == ValueType::string ? ValueView(text(any.octets)) : scalar(any);
}

Value ValueReader::value(std::string_view any_value, const Limits& limits) {
  return nested(read(any_value), limits, 1, messages_around);
}

ValueReader::AnyValue ValueReader::read(std::string_view any_value) {
  using namespace otlp::any_value;
  AnyValue any;
  Message message = message_of(any_value);
  while (message.next()) {
    switch (message.tag_and_type()) {
      case octets(string_value):
        any = {.type = ValueType::string, .octets = take(message)};
        break;
      case varint(bool_value):
        any = {.type = ValueType::boolean, .bits = message.get_uint64()};
        break;
      case varint(int_value):
        any = {.type = ValueType::integer, .bits = message.get_uint64()};
        break;
      case fixed64(double_value):
        any = {.type = ValueType::number, .bits = message.get_fixed64()};
        break;
      case octets(array_value):
        any = {.type = ValueType::array, .octets = take(message)};
        break;
      case octets(kvlist_value):
        any = {.type = ValueType::object, .octets = take(message)};
        break;
      case octets(bytes_value):
        any = {.type = ValueType::bytes, .octets = take(message)};
        break;
      default:
        message.skip();
    }
  }
  return any;
}

ValueView ValueReader::scalar(const AnyValue& any) {
  switch (any.type) {
    case ValueType::boolean:
      return ValueView(any.bits != 0);
    case ValueType::integer:
      return ValueView(static_cast<std::int64_t>(any.bits));
    case ValueType::number:
      return ValueView(std::bit_cast<double>(any.bits));
    default:
      return ValueView();
  }
}

void ValueReader::charge(std::size_t bytes) {
  nested_bytes_ += bytes;
  if (nested_bytes_ > most_bytes_) throw RequestTooLarge(most_bytes_);
}

Value ValueReader::nested(const AnyValue& any, const Limits& limits, std::uint32_t depth, int messages) {
  if (messages > max_messages) {
    throw Error(ErrorCode::invalid_argument,
                "a value is nested deeper than " + std::to_string(max_messages) + " messages");
  }
  switch (any.type) {
    case ValueType::string:
    case ValueType::bytes: {
      std::string_view kept = any.octets;
      const bool is_text = any.type == ValueType::string;
      if (kept.size() > limits.string_bytes) {
        ++cuts_.texts_cut;
        kept = is_text ? utf8_prefix(kept, limits.string_bytes) : kept.substr(0, limits.string_bytes);
      }
      return is_text ? Value(storable(kept)) : Value(Bytes{{kept.begin(), kept.end()}});
    }
    case ValueType::array:
    case ValueType::object: {
      const bool is_too_deep = depth > limits.depth;
      if (depth == limits.depth + 1) ++cuts_.values_cut;
      // What is cut is read all the same: how deep it goes decides whether it is a request at all.
      Value result = any.type == ValueType::array ? array(any.octets, limits, depth, messages)
                                                  : object(any.octets, limits, depth, messages);
      return is_too_deep ? Value() : result;
    }
    default:
      return scalar(any).to_value();
  }
}

Value ValueReader::array(std::string_view octets_of_array, const Limits& limits, std::uint32_t depth, int messages) {
  const bool is_kept = depth <= limits.depth;
  Array elements;
  Message message = message_of(octets_of_array);
  while (message.next()) {
    if (message.tag_and_type() != octets(otlp::any_value::values)) {
      message.skip();
      continue;
    }
    const AnyValue element = read(take(message));
    const bool is_dropped = elements.size() >= limits.attributes_per_record;
    if (is_dropped) ++cuts_.attributes_dropped;
    charge(sizeof(Value));
    Value value = nested(element, limits, depth + 1, messages + 2);
    if (is_kept && !is_dropped) elements.push_back(std::move(value));
  }
  return Value(std::move(elements));
}

Value ValueReader::object(std::string_view octets_of_object, const Limits& limits, std::uint32_t depth, int messages) {
  const bool is_kept = depth <= limits.depth;
  std::vector<Object::Member> members;
  Message message = message_of(octets_of_object);
  while (message.next()) {
    if (message.tag_and_type() != octets(otlp::any_value::values)) {
      message.skip();
      continue;
    }
    const RawAttribute attribute = raw(take(message));
    const bool is_dropped = members.size() >= limits.attributes_per_record;
    if (is_dropped) ++cuts_.attributes_dropped;
    charge(sizeof(Object::Member));
    Value value = nested(read(attribute.value), limits, depth + 1, messages + 3);
    if (is_kept && !is_dropped) members.emplace_back(storable(attribute.key), std::move(value));
  }
  return Value(Object(std::move(members)));
}

}  // namespace spark::detail::ingest
