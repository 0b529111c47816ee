// Trace ids as people type and read them: whole, or only the beginning; and "latest". For the main thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spark/telemetry/records.h"
#include "spark/telemetry/sink.h"

namespace spark::sparktel {

// The newest so many are looked through for a beginning.
inline constexpr std::size_t searched_traces = 10'000;

// Throws Error(invalid_argument) if the text is neither an id, nor the beginning of one, nor "latest".
void require_trace_id(std::string_view text);

// What the text means in this store, whether a whole id is there or not. Throws Error: not_found if no trace begins so
// or none is there, invalid_argument if several begin so. Blocks while it reads.
[[nodiscard]] TraceId find_trace_id(Store& store, std::string_view text);
// In several, at least one: a trace that is in more than one of them counts once, and starts where its own record says
// so, if one of them has that.
[[nodiscard]] TraceId find_trace_id(std::span<Store* const> stores, std::string_view text);
// "no trace 0194f3c2 in sqlite a.db, sqlite b.db; …"
[[noreturn]] void throw_no_trace(std::span<Store* const> stores, std::string_view text);

// Beginnings of ids, all of one length, that find_trace_id takes for exactly these as long as no trace is added. Blocks
// while it reads.
[[nodiscard]] std::vector<std::string> short_trace_ids(Store& store, std::span<const TraceId> ids);

}  // namespace spark::sparktel
