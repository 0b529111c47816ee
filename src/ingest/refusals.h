// The records of a request that cannot be stored: how many, and of the first few where they are and what is wrong with
// them. Becomes the partial success of the answer. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/otlp/fields.h"

namespace spark::detail::ingest {

class Refusals {
 public:
  static constexpr std::size_t most_told = 5;
  static constexpr std::size_t most_bytes = 2'000;  // of the message

  // The record that is being read, by its place in the request.
  struct Place {
    const otlp::EnvelopeFields* fields = nullptr;
    std::size_t resource = 0;
    std::size_t scope = 0;
    std::size_t item = 0;
  };
  Place place = {};

  // The record, or `inside` it ("points[3]"), is refused; `why` goes on from there: "has no trace_id".
  void add(std::string_view why, std::string_view inside = {});
  // So many of them at once, for a reason that is no single record's.
  void add_all(std::uint64_t count, std::string_view why);

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  // Empty: none.
  [[nodiscard]] std::string message() const;

 private:
  void tell(std::string_view where, std::string_view why);

  std::uint64_t count_ = 0;
  std::uint64_t told_ = 0;  // records that the message tells of
  std::size_t sentences_ = 0;
  std::string message_;
};

// "resourceSpans[0].scopeSpans[1].spans[7]"
[[nodiscard]] std::string to_string(const Refusals::Place& place);

}  // namespace spark::detail::ingest
