// Baggage is what an application sends along with its calls: names and values that every service behind it can read. A
// value; whoever changes it makes it current with BaggageScope (spark/propagation/context.h).
//
//   baggage: userId=alice,serverNode=DF%2028;internal,isProduction=false
//
// It leaves the process with each call, to whoever is called: nothing secret belongs into it. Read and written by
// https://www.w3.org/TR/baggage/, within its limits.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spark {

class Baggage {
 public:
  struct Member {
    std::string key;
    std::string value;            // decoded: any UTF-8
    std::string properties = {};  // as they came, behind the first semicolon: "internal;ttl=5"

    bool operator==(const Member&) const = default;
  };

  static constexpr std::size_t max_members = 64;
  static constexpr std::size_t max_bytes = 8'192;  // of the header, encoded

  Baggage() = default;

  // Of one header or of several. Members that are malformed, and those beyond the limits, are left out and counted; the
  // last one of a key counts.
  [[nodiscard]] static Baggage parse(std::span<const std::string_view> headers);
  [[nodiscard]] static Baggage parse(std::string_view header) { return parse({&header, 1}); }

  // The view lives until the baggage changes.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const noexcept;
  // Adds or replaces. False, and nothing has changed, if the limits have no room for it. Throws Error(invalid_argument)
  // for a key that is no token of HTTP's, or properties with a character that a header's value must not have.
  bool set(std::string key, std::string value, std::string properties = {});
  void erase(std::string_view key);

  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }
  [[nodiscard]] bool empty() const noexcept { return members_.empty(); }
  // How many members parse() left out.
  [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }
  [[nodiscard]] std::string to_string() const;

  // What travels; what was left out is not compared.
  bool operator==(const Baggage& other) const noexcept { return members_ == other.members_; }

 private:
  bool put(Member member);

  std::vector<Member> members_;
  std::size_t bytes_ = 0;  // of to_string
  std::size_t left_out_ = 0;
};

}  // namespace spark
