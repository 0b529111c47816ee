// Result is the server's answer to one statement, or one row of it, with columns in binary. Move-only; views live as
// long as it does.
#pragma once

#include <libpq-fe.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "backends/postgresql/wire.h"

namespace spark::detail::postgresql {

class Result {
 public:
  Result() = default;
  explicit Result(PGresult* result) noexcept : result_(result) {}

  [[nodiscard]] explicit operator bool() const noexcept { return result_ != nullptr; }
  [[nodiscard]] PGresult* get() const noexcept { return result_.get(); }
  [[nodiscard]] ExecStatusType status() const noexcept { return PQresultStatus(result_.get()); }

  [[nodiscard]] int rows() const noexcept { return PQntuples(result_.get()); }
  // How many rows a statement that changes rows has changed.
  [[nodiscard]] std::uint64_t changed() const noexcept {
    return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10);
  }

  [[nodiscard]] bool is_null(int row, int column) const noexcept {
    return PQgetisnull(result_.get(), row, column) != 0;
  }
  [[nodiscard]] std::string_view octets(int row, int column) const noexcept {
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
  }
  // Of int2, int4 and int8; 0 of another size.
  [[nodiscard]] std::int64_t integer(int row, int column) const noexcept {
    const std::string_view octets = this->octets(row, column);
    if (octets.size() == 8) return static_cast<std::int64_t>(read_number<std::uint64_t>(octets.data()));
    if (octets.size() == 4) return static_cast<std::int32_t>(read_number<std::uint32_t>(octets.data()));
    return octets.size() == 2 ? static_cast<std::int16_t>(read_number<std::uint16_t>(octets.data())) : 0;
  }
  [[nodiscard]] bool boolean(int row, int column) const noexcept {
    const std::string_view octets = this->octets(row, column);
    return octets.size() == 1 && octets.front() != 0;
  }
  [[nodiscard]] double number(int row, int column) const noexcept {
    const std::string_view octets = this->octets(row, column);
    return octets.size() == 8 ? std::bit_cast<double>(read_number<std::uint64_t>(octets.data())) : 0;
  }
  // The text of a jsonb.
  [[nodiscard]] std::string_view json(int row, int column) const noexcept {
    const std::string_view octets = this->octets(row, column);
    return octets.empty() ? octets : octets.substr(1);
  }

 private:
  struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace spark::detail::postgresql
