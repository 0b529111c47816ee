// What the readers of spans, log records and metrics have in common. Made for one request; one thread at a time.
#pragma once

#include <cstdint>
#include <string_view>

#include "ingest/content_id.h"
#include "ingest/refusals.h"
#include "ingest/resource_reader.h"
#include "ingest/value_reader.h"

namespace spark::detail::ingest {

struct ReadingContext {
  ValueReader& values;  // of the batch that records go into
  Refusals& refusals;
  ContentIds& ids;
  const Scope* scope = nullptr;  // of the record
  std::int64_t received_ns = 0;  // for records without any time
  std::size_t most_bytes = 0;    // of a batch, where one item makes many records

  // The name that an attribute of the user's had before it was sent. One of ours, of which `key` is one, has none.
  [[nodiscard]] static std::string_view own_name(std::string_view key) noexcept;
  // What the scope says; what the record says itself stays.
  void add_scope(AttributeList& attributes) const {
    for (const AttributeView& said : scope->said) values.add(attributes, said.key, said.value);
  }
  void add_count(AttributeList& attributes, std::string_view key, std::uint64_t count) const {
    if (count != 0) values.add(attributes, key, ValueView(static_cast<std::int64_t>(count)));
  }
};

// Whether a time is within what records hold, until the year 2262.
[[nodiscard]] constexpr bool is_storable_time(std::uint64_t unix_nano) noexcept { return unix_nano <= ~0ULL >> 1; }

// The id in a text; none if it is not one.
[[nodiscard]] RecordId record_id_of(const ValueView& value);
// The text of a value; empty if it is none.
[[nodiscard]] inline std::string_view text_of(const ValueView& value) noexcept {
  return value.type() == ValueType::string ? value.text() : std::string_view();
}

}  // namespace spark::detail::ingest
