// The hash by which traces name the definition of their graph: FNV-1a with 128 bits (Fowler, Noll and Vo), as
// 32 hex digits, of canonical JSON. It tells contents apart; it does not withstand somebody who wants a
// collision.
#pragma once

#include <string>
#include <string_view>

namespace spark::detail {

[[nodiscard]] std::string content_hash(std::string_view text);

}  // namespace spark::detail
