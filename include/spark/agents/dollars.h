// Dollars is an amount of money in exact decimal arithmetic: whole millionths of a millionth of a US dollar (1e-12), in
// which the price of any number of tokens is a whole number where the price of a million tokens has at most six digits
// behind the point. A copyable value.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace spark {

class Dollars {
 public:
  constexpr Dollars() noexcept = default;
  [[nodiscard]] static constexpr Dollars from_pico(std::int64_t pico) noexcept {
    Dollars dollars;
    dollars.pico_ = pico;
    return dollars;
  }
  // "2.50", "0.000123", "-1": at most 12 digits behind the point, up to 9 million. Throws Error(invalid_argument)
  // with the text.
  [[nodiscard]] static Dollars parse(std::string_view text);

  [[nodiscard]] constexpr std::int64_t pico() const noexcept { return pico_; }
  // The double that is nearest.
  [[nodiscard]] double as_double() const noexcept;
  // Exactly, without zeros at the end: "0.00325", "2".
  [[nodiscard]] std::string to_string() const;

  // What would be more than it holds, 9.2 million dollars, stays at its largest.
  Dollars& operator+=(Dollars more) noexcept;
  friend Dollars operator+(Dollars a, Dollars b) noexcept { return a += b; }
  constexpr auto operator<=>(const Dollars&) const noexcept = default;

 private:
  std::int64_t pico_ = 0;
};

}  // namespace spark
