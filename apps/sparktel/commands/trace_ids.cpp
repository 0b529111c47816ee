#include "apps/sparktel/commands/trace_ids.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_set>
#include <utility>

#include "apps/sparktel/terminal/text.h"
#include "spark/base/error.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t id_digits = 32;
constexpr std::size_t listed_matches = 3;
constexpr std::size_t least_digits = 8;  // of a shortened id: what is shorter is hardly told from a number

// The hex digits of an id or of its beginning, in lower case; empty if it is neither.
std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == '-') continue;
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return {};
    digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return digits.size() <= id_digits ? digits : std::string();
}

std::string names_of(std::span<Store* const> stores) {
  std::string names;
  for (const Store* const store : stores) names += (names.empty() ? "" : ", ") + std::string(store->name());
  return names;
}

std::vector<Trace> newest_traces(Store& store, std::size_t most) {
  const TraceQuery query{.limit = most, .with_attributes = false};
  return store.query_traces(query).rows;
}

// The digits with the dashes of a UUID between them.
std::string with_dashes(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) out += '-';
    out += digits[i];
  }
  return out;
}

// The newest trace of each store, as the one of them that knows most of it has it; of those the newest.
TraceId latest_trace(std::span<Store* const> stores) {
  std::optional<Trace> latest;
  for (Store* const store : stores) {
    const std::vector<Trace> newest = newest_traces(*store, 1);
    if (newest.empty()) continue;
    Trace trace = newest.front();
    const TraceQuery query{.limit = 1, .trace_id = trace.trace_id, .with_attributes = false};
    for (Store* const other : stores) {
      if (!trace.partial) break;
      const Page<Trace> page = other->query_traces(query);
      if (!page.empty() && !page.front().partial) trace = page.front();
    }
    const auto key = [](const Trace& each) { return std::pair(each.start_time, each.trace_id); };
    if (!latest || key(*latest) < key(trace)) latest = std::move(trace);
  }
  if (!latest) throw Error(ErrorCode::not_found, "no traces in " + names_of(stores));
  return latest->trace_id;
}

}  // namespace

void throw_no_trace(std::span<Store* const> stores, std::string_view text) {
  throw Error(ErrorCode::not_found,
              "no trace " + std::string(text) + " in " + names_of(stores) + "; sparktel traces lists them");
}

void require_trace_id(std::string_view text) {
  if (text == "latest" || !digits_of(text).empty()) return;
  throw Error(ErrorCode::invalid_argument,
              "\"" + printable(text) + "\" is neither a trace id nor the beginning of one, nor latest");
}

TraceId find_trace_id(Store& store, std::string_view text) {
  Store* const one[] = {&store};
  return find_trace_id(one, text);
}

TraceId find_trace_id(std::span<Store* const> stores, std::string_view text) {
  if (text == "latest") return latest_trace(stores);
  require_trace_id(text);
  const std::string digits = digits_of(text);
  if (digits.size() == id_digits) return TraceId::parse(digits);
  std::unordered_set<TraceId> seen;
  std::vector<TraceId> ids;  // the newest of the first store first
  for (Store* const store : stores) {
    for (const Trace& trace : newest_traces(*store, searched_traces)) {
      if (!trace.trace_id.to_hex().starts_with(digits)) continue;
      if (seen.insert(trace.trace_id).second) ids.push_back(trace.trace_id);
    }
  }
  if (ids.empty()) throw_no_trace(stores, text);
  if (ids.size() == 1) return ids.front();
  std::string matches;
  for (std::size_t i = 0; i < std::min(ids.size(), listed_matches); ++i) {
    matches += (i > 0 ? ", " : "") + ids[i].to_string();
  }
  throw Error(ErrorCode::invalid_argument, std::string(text) + " is the beginning of " + std::to_string(ids.size()) +
                                               " traces in " + names_of(stores) + ": " + matches +
                                               (ids.size() > listed_matches ? ", …" : ""));
}

std::vector<std::string> short_trace_ids(Store& store, std::span<const TraceId> ids) {
  std::vector<std::string> all;
  for (const Trace& trace : newest_traces(store, searched_traces)) all.push_back(trace.trace_id.to_hex());
  std::sort(all.begin(), all.end());
  std::size_t digits = least_digits;
  for (const TraceId id : ids) {
    const std::string hex = id.to_hex();
    const auto place = std::lower_bound(all.begin(), all.end(), hex);
    // An id that is not among those searched is found by no beginning.
    if (id.is_valid() && (place == all.end() || *place != hex)) digits = id_digits;
    const auto compare = [&](const std::string& other) {
      const auto differs = std::mismatch(hex.begin(), hex.end(), other.begin()).first;
      digits = std::max(digits, std::min(static_cast<std::size_t>(differs - hex.begin()) + 1, id_digits));
    };
    if (place == all.end()) continue;
    if (place != all.begin()) compare(*std::prev(place));
    if (std::next(place) != all.end()) compare(*std::next(place));
  }
  std::vector<std::string> result;
  for (const TraceId id : ids) result.push_back(id.is_valid() ? with_dashes(id.to_hex().substr(0, digits)) : "");
  return result;
}

}  // namespace spark::sparktel
