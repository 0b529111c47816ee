// TraceState is the W3C header beside traceparent in which tracing systems keep entries of their own, the latest one
// first. This library adds none; it passes on what came. A value.
//
//   tracestate: rojo=00f067aa0ba902b7,fw529a3039@dt=FfAw
//
// Read by https://www.w3.org/TR/trace-context/: keys as in the recommendation (with tenant@system), which may begin
// with a digit as level 2 lets them.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spark {

class TraceState {
 public:
  using Member = std::pair<std::string, std::string>;

  static constexpr std::size_t max_members = 32;
  static constexpr std::size_t max_key_bytes = 256;
  static constexpr std::size_t max_value_bytes = 256;
  // Of what to_string gives; W3C asks for at least 512.
  static constexpr std::size_t max_propagated_bytes = 2'048;

  TraceState() = default;

  // Of one header or of several in their order. Empty where anything is malformed or there are more than 32 members,
  // because what is left of such a list cannot be trusted. Of a key that is there twice the first member counts.
  [[nodiscard]] static std::optional<TraceState> parse(std::span<const std::string_view> headers);
  [[nodiscard]] static std::optional<TraceState> parse(std::string_view header) { return parse({&header, 1}); }

  // The view lives until the state changes.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const noexcept;
  // Puts the member in front, in place of one with the same key; the last one goes where there are too many. Throws
  // Error(invalid_argument) for a key or a value outside of the grammar.
  void set(std::string key, std::string value);
  void erase(std::string_view key);

  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }
  [[nodiscard]] bool empty() const noexcept { return members_.empty(); }
  // What is beyond max_propagated_bytes is left out in whole members, from the end, until the rest fits: first of those
  // longer than 128 characters, then of all. Only an empty state gives an empty text.
  [[nodiscard]] std::string to_string() const;

  bool operator==(const TraceState&) const = default;

 private:
  std::vector<Member> members_;
};

}  // namespace spark
