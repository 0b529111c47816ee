// Messages without what differs from one time to the next, so that "timeout after 31 ms" and "timeout after 29 ms" are
// one error. What stands in its place:
//
//   <uuid>    8-4-4-4-12 hex digits
//   <hex>     0x and hex digits; or 8 and more hex digits in a row, letters and decimal digits among them
//   <number>  decimal digits, with dots between them: 31, 1.5, 10.0.0.1; also inside a word: worker7
//   <text>    what stands in "…", '…' or `…` (the quotes are part of it); an apostrophe is none
//   <path>    /usr/lib/x, ./x, ../x, ~/x, C:\x, and what follows the host in a URL
//
// The rest stays as it is, a code such as 404 does not. A pure function.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spark::analysis {

// What is longer is cut, before and after.
inline constexpr std::size_t max_normalized_bytes = 1'024;

// O(length).
[[nodiscard]] std::string normalized_message(std::string_view message);

}  // namespace spark::analysis
