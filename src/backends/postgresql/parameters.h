// Parameters of a statement, in binary with their types. Each bind function gives the text that stands for the value in
// SQL: "$1" and so on. What a statement compares with is always a parameter, never part of its text; so hostile names
// are only names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/postgresql/wire.h"

namespace spark::detail::postgresql {

class Parameters {
 public:
  std::string bind(std::int64_t value) {
    std::string octets;
    append_number(octets, static_cast<std::uint64_t>(value));
    return add(oid(Type::int8), std::move(octets));
  }
  std::string bind(double value) {
    std::string octets;
    append_number(octets, std::bit_cast<std::uint64_t>(value));
    return add(oid(Type::float8), std::move(octets));
  }
  std::string bind(std::string_view text) { return add(oid(Type::text), std::string(text)); }
  std::string bind_bytes(std::string_view octets) { return add(oid(Type::bytes), std::string(octets)); }
  std::string bind_json(std::string_view json) {
    std::string octets(1, jsonb_version);
    octets += json;
    return add(oid(Type::jsonb), std::move(octets));
  }
  template <class Id>
  std::string bind_uuid(const Id& id) {
    // At once: what is appended to a string of eight bytes g++ 12 takes to be beyond the room that this has in itself.
    const auto octets = uuid_octets(id);
    return add(oid(Type::uuid), std::string(octets.data(), octets.size()));
  }
  // Of any type, as it is.
  std::string add(std::uint32_t type, std::string octets) {
    types_.push_back(type);
    values_.push_back(std::move(octets));
    return "$" + std::to_string(values_.size());
  }

  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] const std::vector<std::uint32_t>& types() const noexcept { return types_; }
  [[nodiscard]] const std::vector<std::string>& values() const noexcept { return values_; }

 private:
  std::vector<std::uint32_t> types_;
  std::vector<std::string> values_;
};

}  // namespace spark::detail::postgresql
