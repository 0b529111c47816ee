// What tells one text from another in a column of 16 bytes: for keys of what is the same when it is written again. Not
// for texts that somebody makes up to be taken for another.
#pragma once

#include <cstdint>
#include <string_view>

#include "spark/base/ids.h"

namespace spark::detail::postgresql {

// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/, from two beginnings.
[[nodiscard]] inline RecordId digest(std::string_view text) noexcept {
  const auto sum = [&](std::uint64_t hash) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1'099'511'628'211ULL;
    return hash;
  };
  return {sum(14'695'981'039'346'656'037ULL), sum(0x5370'6172'6B54'656CULL)};
}

}  // namespace spark::detail::postgresql
