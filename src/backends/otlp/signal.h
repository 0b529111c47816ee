// What a request of OTLP is about, and how it is written.
#pragma once

#include <cstddef>
#include <cstdint>

namespace spark::detail::otlp {

enum class Signal : std::uint8_t { traces, metrics, logs };
inline constexpr std::size_t signals = 3;

enum class Encoding : std::uint8_t { protobuf, json };

}  // namespace spark::detail::otlp
