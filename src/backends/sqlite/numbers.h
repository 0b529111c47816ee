// Numbers gives the small integers that stand for names, trace ids and resources in the tables, and remembers
// them from one transaction to the next. Used inside write transactions only, by their thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "backends/sqlite/connection.h"
#include "spark/base/ids.h"
#include "spark/telemetry/records.h"

namespace spark::detail::sqlite {

class Numbers {
 public:
  explicit Numbers(Connection& connection);

  // First in each transaction: if retention has deleted rows since (it then adds one to the epoch), forgets
  // everything. Throws Error(too_new) if somebody has migrated the file, which changes the epoch too.
  void begin_transaction();
  // After a transaction that was rolled back: numbers it had assigned do not exist.
  void forget() noexcept;

  [[nodiscard]] std::int64_t name(std::string_view text);
  // 0 for the id that is none.
  [[nodiscard]] std::int64_t trace(TraceId id);
  [[nodiscard]] std::int64_t resource(const Resource& resource);

 private:
  // A remembered trace or name costs about 100 bytes; at the limit all are forgotten, which costs one look-up
  // each.
  static constexpr std::size_t max_remembered = 100'000;

  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };

  // INSERT OR IGNORE, then a SELECT if the row was there already.
  template <class Bind>
  std::int64_t insert_or_find(Statement& insert, Statement& select, const Bind& bind);

  Connection& connection_;
  Statement read_epoch_;
  Statement insert_name_, select_name_;
  Statement insert_trace_, select_trace_;
  Statement insert_resource_, select_resource_;

  std::int64_t epoch_ = -1;
  std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>> names_;
  std::unordered_map<TraceId, std::int64_t> traces_;
  // Batches of one manager come with the same resource, so one is enough.
  Resource last_resource_;
  std::int64_t last_resource_number_ = 0;
};

}  // namespace spark::detail::sqlite
