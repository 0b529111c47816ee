#include "graph/content_hash.h"

#include <cstdint>

#include "spark/base/ids.h"

namespace spark::detail {

std::string content_hash(std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  constexpr auto wide = [](std::uint64_t high, std::uint64_t low) { return (static_cast<Wide>(high) << 64) | low; };
  constexpr Wide offset_basis = wide(0x6c62272e07bb0142ULL, 0x62b821756295c58dULL);
  constexpr Wide prime = wide(0x0000000001000000ULL, 0x000000000000013bULL);
  Wide hash = offset_basis;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= prime;
  }
  return TraceId{static_cast<std::uint64_t>(hash >> 64), static_cast<std::uint64_t>(hash)}.to_hex();
}

}  // namespace spark::detail
