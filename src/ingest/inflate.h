// Unpacks gzip (RFC 1952) and zlib (RFC 1950, what HTTP calls deflate) up to a limit: a request of a few kilobytes may
// unpack to gigabytes. Free function, safe from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace spark::detail::ingest {

// Empty: it unpacks to more than `most_bytes`; no more memory is taken than that. Throws Error(invalid_argument) for
// what is no such thing or has been cut short.
[[nodiscard]] std::optional<std::string> inflated(std::string_view packed, std::size_t most_bytes);

}  // namespace spark::detail::ingest
