// Reads texts, values and attributes (AnyValue, KeyValue) into a batch: cut to the limits, and storable UTF-8, as the
// drainer makes what is recorded here.
//
// Nothing is nested deeper than 100 messages, as protobuf itself has it: what is deeper is no request but an attack on
// the stack, and Error(invalid_argument). One thread at a time.
#pragma once

#include <string_view>

#include "ingest/attribute_list.h"
#include "ingest/decoder_options.h"
#include "ingest/wire.h"
#include "spark/base/value.h"
#include "spark/telemetry/batch.h"

namespace spark::detail::ingest {

// One KeyValue, not yet decoded.
struct RawAttribute {
  std::string_view key = {};
  std::string_view value = {};  // an AnyValue
};

class ValueReader {
 public:
  // Both outlive it. `most_bytes`: of nested values, as DecoderOptions says.
  ValueReader(const Limits& limits, Cuts& cuts, std::size_t most_bytes)
      : limits_(limits), cuts_(cuts), most_bytes_(most_bytes) {}

  // What is read from here on goes into this builder's batch.
  void use(BatchBuilder& builder) noexcept { builder_ = &builder; }

  // A record's bytes to read from: in the batch, so that its texts need no copies of their own; but what is large stays
  // where it is, because most of it may be cut.
  [[nodiscard]] std::string_view begin(std::string_view record);

  // A text that lives as long as the batch.
  [[nodiscard]] std::string_view text(std::string_view bytes);
  // The same for bytes that live anywhere.
  [[nodiscard]] std::string_view copied_text(std::string_view bytes);

  [[nodiscard]] RawAttribute raw(std::string_view key_value);
  // Adds it under its own name, or under `key`.
  void put(AttributeList& list, const RawAttribute& attribute) { put(list, attribute.key, attribute.value); }
  void put(AttributeList& list, std::string_view key, std::string_view any_value);
  // A value of ours that says something of the record. Leaves one that is there.
  void add(AttributeList& list, std::string_view key, ValueView value) {
    list.add(key, value, limits_.attributes_per_record);
  }
  void add(AttributeList& list, std::string_view key, Value value);

  // The text or number of an AnyValue; null if it is something else.
  [[nodiscard]] ValueView scalar(std::string_view any_value);
  // All of it, on the heap. Nested values are within `limits`; the outermost is at depth 1.
  [[nodiscard]] Value value(std::string_view any_value, const Limits& limits);

  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  [[nodiscard]] Cuts& cuts() noexcept { return cuts_; }
  [[nodiscard]] BatchBuilder& builder() noexcept { return *builder_; }

 private:
  // What an AnyValue has: the last of its fields.
  struct AnyValue {
    ValueType type = ValueType::null;
    std::uint64_t bits = 0;        // of a bool, int, double
    std::string_view octets = {};  // of the others
  };
  [[nodiscard]] static AnyValue read(std::string_view any_value);
  [[nodiscard]] static ValueView scalar(const AnyValue& any);
  [[nodiscard]] Value nested(const AnyValue& any, const Limits& limits, std::uint32_t depth, int messages);
  [[nodiscard]] Value array(std::string_view octets, const Limits& limits, std::uint32_t depth, int messages);
  [[nodiscard]] Value object(std::string_view octets, const Limits& limits, std::uint32_t depth, int messages);
  // What nested values of the request have taken together, those that were cut included. Throws RequestTooLarge.
  void charge(std::size_t bytes);
  [[nodiscard]] std::string storable(std::string_view bytes);

  const Limits& limits_;
  Cuts& cuts_;
  const std::size_t most_bytes_;
  std::size_t nested_bytes_ = 0;
  BatchBuilder* builder_ = nullptr;
  bool is_in_batch_ = false;  // what begin() gave last
};

}  // namespace spark::detail::ingest
