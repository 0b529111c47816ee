#include "backends/postgresql/row_encoder.h"

#include <bit>
#include <utility>

namespace spark::detail::postgresql {
namespace {

// The manual, "COPY", "Binary Format": signature, flags, length of the header's extension.
constexpr std::string_view copy_header("PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19);
// Dimensions, whether there are NULLs, the elements' type, their number, the index of the first (array_send).
constexpr std::size_t array_header_size = 20;

std::uint32_t array_of(Type type) noexcept {
  switch (type) {
    case Type::boolean:
      return 1000;
    case Type::bytes:
      return 1001;
    case Type::int8:
      return 1016;
    case Type::int2:
      return 1005;
    case Type::text:
      return 1009;
    case Type::float8:
      return 1022;
    case Type::uuid:
      return 2951;
    case Type::jsonb:
      return 3807;
  }
  return 0;
}

}  // namespace

RowEncoder::RowEncoder(Form form, std::span<const Type> types)
    : form_(form), types_(types), buffers_(form == Form::copy ? 1 : types.size()) {
  if (form == Form::copy) {
    buffers_[0] = copy_header;
  } else {
    for (std::string& buffer : buffers_) buffer.assign(array_header_size, '\0');
  }
}

void RowEncoder::begin_row() {
  ++rows_;
  column_ = 0;
  if (form_ == Form::copy) append_number(buffers_[0], static_cast<std::uint16_t>(types_.size()));
}

void RowEncoder::integer(std::int64_t value) {
  const bool is_short = types_[column_] == Type::int2;
  std::string& out = begin_field();
  append_number(out, is_short ? std::uint32_t{2} : std::uint32_t{8});
  if (is_short) return append_number(out, static_cast<std::uint16_t>(value));
  append_number(out, static_cast<std::uint64_t>(value));
}

void RowEncoder::number(double value) {
  std::string& out = begin_field();
  append_number(out, std::uint32_t{8});
  append_number(out, std::bit_cast<std::uint64_t>(value));
}

void RowEncoder::text(std::string_view text) {
  std::string& out = begin_field();
  append_number(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

std::string_view RowEncoder::take_piece() {
  piece_.swap(buffers_[0]);
  buffers_[0].clear();
  return piece_;
}

void RowEncoder::finish_copy() { append_number(buffers_[0], std::uint16_t{0xFFFF}); }

void RowEncoder::bind(Parameters& parameters) {
  for (std::size_t column = 0; column < types_.size(); ++column) {
    char* const header = buffers_[column].data();
    set_number(header, std::uint32_t{1});
    set_number(header + 4, std::uint32_t{1});
    set_number(header + 8, oid(types_[column]));
    set_number(header + 12, rows_);
    set_number(header + 16, std::uint32_t{1});
    parameters.add(array_of(types_[column]), std::move(buffers_[column]));
  }
}

}  // namespace spark::detail::postgresql
