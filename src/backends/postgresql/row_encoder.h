// RowEncoder writes rows in PostgreSQL's binary representation, forward and once: either as the data of a COPY, or
// column by column as the arrays that unnest() takes. A field is its size in 4 bytes, -1 for NULL, and its octets in
// both. Used once; not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/postgresql/parameters.h"
#include "backends/postgresql/wire.h"

namespace spark::detail::postgresql {

class RowEncoder {
 public:
  enum class Form : std::uint8_t { copy, arrays };

  // `types` must live as long.
  RowEncoder(Form form, std::span<const Type> types);

  // Then one field for each column, in their order.
  void begin_row();
  void null() { append_number(begin_field(), std::uint32_t{0xFFFF'FFFF}); }
  void integer(std::int64_t value);  // of int8 and int2
  void number(double value);
  void text(std::string_view text);
  template <class Id>
  void uuid(const Id& id) {
    std::string& out = begin_field();
    append_number(out, std::uint32_t{16});
    append_uuid(out, id);
  }
  // `append` adds the JSON to a string.
  template <class Append>
  void json(const Append& append) {
    std::string& out = begin_field();
    const std::size_t size_at = out.size();
    append_number(out, std::uint32_t{0});
    out.push_back(jsonb_version);
    append(out);
    set_number(out.data() + size_at, static_cast<std::uint32_t>(out.size() - size_at - 4));
  }

  // A COPY is sent in pieces: what was encoded since the last one, valid until the next; and the end of the last.
  [[nodiscard]] std::size_t piece_size() const noexcept { return buffers_[0].size(); }
  [[nodiscard]] std::string_view take_piece();
  void finish_copy();
  // Binds the arrays.
  void bind(Parameters& parameters);

 private:
  [[nodiscard]] std::string& begin_field() {
    const std::size_t column = column_++;
    return buffers_[form_ == Form::copy ? 0 : column];
  }

  const Form form_;
  const std::span<const Type> types_;
  std::vector<std::string> buffers_;
  std::string piece_;
  std::size_t column_ = 0;
  std::uint32_t rows_ = 0;
};

}  // namespace spark::detail::postgresql
