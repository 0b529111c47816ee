#include "backends/otlp/request_pieces.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "backends/otlp/json_parts.h"
#include "backends/otlp/wire_reader.h"

namespace spark::detail::otlp {
namespace {

// The same in all three signals (opentelemetry-proto, trace.proto, metrics.proto and logs.proto): a request has
// resources as its field 1, a resource has scopes as its field 2, a scope has spans, metrics or log records as its
// field 2.
constexpr std::uint32_t resources_field = 1;
constexpr std::uint32_t scopes_field = 2;
constexpr std::uint32_t items_field = 2;

// A message that has parts: their contents, and what stands before and behind them (in protobuf: any other field).
struct Opened {
  std::string before = {};
  std::vector<std::string_view> parts = {};
  std::string after = {};
  std::uint32_t parts_field = 0;
  bool is_bad = false;
};

Opened open(std::string_view message, std::uint32_t parts_field) {
  Opened opened{.parts_field = parts_field};
  WireReader reader(message);
  while (reader.next()) {
    if (reader.number() == parts_field) {
      opened.parts.push_back(reader.bytes());
    } else {
      opened.before.append(reader.field());
    }
  }
  opened.is_bad = reader.is_bad();
  return opened;
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// A length-delimited field (wire type 2).
void append_field(std::string& out, std::uint32_t number, std::string_view content) {
  append_varint(out, std::uint64_t{number} << 3 | 2);
  append_varint(out, content.size());
  out.append(content);
}

// What a field's own number and length take at most, for numbers below 16.
constexpr std::size_t most_head_bytes = 6;

// A Metric has its points as field 1 of one of its fields 5 to 11, each a length-delimited message; the ones before are
// texts. Anything else is an item of its own.
std::uint64_t items_in(std::string_view item, Signal signal) {
  if (signal != Signal::metrics) return 1;
  std::uint64_t points = 0;
  for (WireReader metric(item); metric.next();) {
    constexpr std::uint32_t first_kind = 5, last_kind = 11;
    if (metric.number() < first_kind || metric.number() > last_kind) continue;
    for (WireReader kind(metric.bytes()); kind.next();) points += kind.number() == 1 ? 1 : 0;
  }
  return points;
}

class Cutter {
 public:
  Cutter(Signal signal, std::size_t most_bytes) : signal_(signal), most_bytes_(most_bytes) {}

  // Everything of one scope of one resource.
  void add(const Opened& resource, const Opened& scope) {
    const std::size_t around = resource.before.size() + scope.before.size() + 2 * most_head_bytes;
    std::string content = scope.before;
    std::uint64_t items = 0;
    for (const std::string_view item : scope.parts) {
      if (items != 0 && content.size() + item.size() + most_head_bytes + around > most_bytes_) {
        finish(resource, std::exchange(content, scope.before), std::exchange(items, 0));
      }
      append_field(content, items_field, item);
      items += items_in(item, signal_);
    }
    if (items != 0) finish(resource, content, items);
  }

  [[nodiscard]] std::vector<RequestPiece> take() { return std::move(pieces_); }

 private:
  void finish(const Opened& resource, const std::string& scope, std::uint64_t items) {
    std::string content = resource.before;
    append_field(content, scopes_field, scope);
    RequestPiece piece{.body = {}, .items = items};
    append_field(piece.body, resources_field, content);
    pieces_.push_back(std::move(piece));
  }

  Signal signal_;
  std::size_t most_bytes_;
  std::vector<RequestPiece> pieces_;
};

// ---- halves ----

// A step from a message to its parts: the field's number, and its name in JSON.
struct Step {
  std::uint32_t number;
  std::string_view key;
};
using Names = std::array<std::string_view, signals>;  // by Signal
constexpr Names resources_names{"resourceSpans", "resourceMetrics", "resourceLogs"};
constexpr Names scopes_names{"scopeSpans", "scopeMetrics", "scopeLogs"};
constexpr Names items_names{"spans", "metrics", "logRecords"};
constexpr Step kinds[] = {{5, "gauge"}, {7, "sum"}, {10, "exponentialHistogram"}};  // of metrics that are sent
constexpr Step points{1, "dataPoints"};

class Halver {
 public:
  Halver(Signal signal, Encoding encoding) : signal_(signal), encoding_(encoding) {}

  // Descends to where there are two parts or more, and cuts between them.
  [[nodiscard]] std::optional<std::pair<std::string, std::string>> cut(std::string_view message, std::size_t depth) {
    if (depth == depths()) return std::nullopt;
    const Opened opened = open_at(message, depth);
    if (opened.is_bad || opened.parts.empty()) return std::nullopt;
    if (opened.parts.size() == 1) {
      const auto halves = cut(opened.parts[0], depth + 1);
      if (!halves) return std::nullopt;
      return std::pair(whole(opened, {halves->first}), whole(opened, {halves->second}));
    }
    std::size_t all = 0;
    for (const std::string_view part : opened.parts) all += part.size();
    std::size_t size = opened.parts[0].size(), middle = 1;
    while (middle + 1 < opened.parts.size() && size + opened.parts[middle].size() <= all / 2) {
      size += opened.parts[middle++].size();
    }
    const auto place = opened.parts.begin() + static_cast<std::ptrdiff_t>(middle);
    return std::pair(whole(opened, {opened.parts.begin(), place}), whole(opened, {place, opened.parts.end()}));
  }

  // The spans, points or log records in it.
  [[nodiscard]] std::uint64_t count(std::string_view message, std::size_t depth = 0) {
    if (depth == depths()) return 1;
    std::uint64_t sum = 0;
    for (const std::string_view part : open_at(message, depth).parts) sum += count(part, depth + 1);
    return sum;
  }

 private:
  [[nodiscard]] std::size_t depths() const { return signal_ == Signal::metrics ? 5 : 3; }

  [[nodiscard]] Opened open_at(std::string_view message, std::size_t depth) const {
    const auto i = static_cast<std::size_t>(signal_);
    if (depth == 0) return open_by(message, {resources_field, resources_names[i]});
    if (depth == 1) return open_by(message, {scopes_field, scopes_names[i]});
    if (depth == 2) return open_by(message, {items_field, items_names[i]});
    if (depth == 4) return open_by(message, points);
    for (const Step& kind : kinds) {
      Opened opened = open_by(message, kind);
      if (opened.is_bad || !opened.parts.empty()) return opened;
    }
    return {.is_bad = true};
  }

  [[nodiscard]] Opened open_by(std::string_view message, const Step& step) const {
    if (encoding_ == Encoding::protobuf) return open(message, step.number);
    JsonParts found = json_parts(message, step.key);
    return {.before = std::string(found.before),
            .parts = std::move(found.parts),
            .after = std::string(found.after),
            .is_bad = found.is_bad};
  }

  [[nodiscard]] std::string whole(const Opened& opened, const std::vector<std::string_view>& parts) const {
    std::string text = opened.before;
    bool is_first = true;
    for (const std::string_view part : parts) {
      if (encoding_ == Encoding::protobuf) {
        append_field(text, opened.parts_field, part);
      } else {
        text.append(is_first ? "" : ",").append(part);
      }
      is_first = false;
    }
    return text.append(opened.after);
  }

  Signal signal_;
  Encoding encoding_;
};

}  // namespace

std::vector<RequestPiece> pieces_of(std::string body, std::uint64_t items, Signal signal, std::size_t most_bytes) {
  std::vector<RequestPiece> whole;
  whole.push_back({.body = std::move(body), .items = items});
  if (whole[0].body.size() <= most_bytes) return whole;
  Cutter cutter(signal, most_bytes);
  const Opened request = open(whole[0].body, resources_field);
  bool is_bad = request.is_bad || !request.before.empty();
  for (const std::string_view one : request.parts) {
    const Opened resource = open(one, scopes_field);
    is_bad = is_bad || resource.is_bad;
    for (const std::string_view inner : resource.parts) {
      const Opened scope = open(inner, items_field);
      is_bad = is_bad || scope.is_bad;
      cutter.add(resource, scope);
    }
  }
  return is_bad ? whole : cutter.take();
}

std::optional<std::pair<RequestPiece, RequestPiece>> halves_of(const RequestPiece& piece, Signal signal,
                                                               Encoding encoding) {
  Halver halver(signal, encoding);
  auto bodies = halver.cut(piece.body, 0);
  if (!bodies) return std::nullopt;
  const std::uint64_t first = std::min(halver.count(bodies->first), piece.items);
  return std::pair(RequestPiece{.body = std::move(bodies->first), .items = first},
                   RequestPiece{.body = std::move(bodies->second), .items = piece.items - first});
}

}  // namespace spark::detail::otlp
