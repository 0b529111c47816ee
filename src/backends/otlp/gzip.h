// gzip (RFC 1952) at its fastest level: the next one costs half as much again for a few percent.
#pragma once

#include <string>
#include <string_view>

namespace spark::detail::otlp {

// Appends the compressed form. Throws std::bad_alloc; then `out` may have a part of it.
void append_gzip(std::string& out, std::string_view bytes);

}  // namespace spark::detail::otlp
