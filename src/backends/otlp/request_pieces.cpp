#include "backends/otlp/request_pieces.h"

#include <string_view>
#include <utility>

#include "backends/otlp/wire_reader.h"

namespace spark::detail::otlp {
namespace {

// The same in all three signals (opentelemetry-proto, trace.proto, metrics.proto and logs.proto): a request has
// resources as its field 1, a resource has scopes as its field 2, a scope has spans, metrics or log records as its
// field 2.
constexpr std::uint32_t resources_field = 1;
constexpr std::uint32_t scopes_field = 2;
constexpr std::uint32_t items_field = 2;

// The other fields of a message that has parts, one after the other, and its parts' contents.
struct Opened {
  std::string rest = {};
  std::vector<std::string_view> parts = {};
  bool is_bad = false;
};

Opened open(std::string_view message, std::uint32_t parts_field) {
  Opened opened;
  WireReader reader(message);
  while (reader.next()) {
    if (reader.number() == parts_field) {
      opened.parts.push_back(reader.bytes());
    } else {
      opened.rest.append(reader.field());
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
    const std::size_t around = resource.rest.size() + scope.rest.size() + 2 * most_head_bytes;
    std::string content = scope.rest;
    std::uint64_t items = 0;
    for (const std::string_view item : scope.parts) {
      if (items != 0 && content.size() + item.size() + most_head_bytes + around > most_bytes_) {
        finish(resource, std::exchange(content, scope.rest), std::exchange(items, 0));
      }
      append_field(content, items_field, item);
      items += items_in(item, signal_);
    }
    if (items != 0) finish(resource, content, items);
  }

  [[nodiscard]] std::vector<RequestPiece> take() { return std::move(pieces_); }

 private:
  void finish(const Opened& resource, const std::string& scope, std::uint64_t items) {
    std::string content = resource.rest;
    append_field(content, scopes_field, scope);
    RequestPiece piece{.body = {}, .items = items};
    append_field(piece.body, resources_field, content);
    pieces_.push_back(std::move(piece));
  }

  Signal signal_;
  std::size_t most_bytes_;
  std::vector<RequestPiece> pieces_;
};

}  // namespace

std::vector<RequestPiece> pieces_of(std::string body, std::uint64_t items, Signal signal, std::size_t most_bytes) {
  std::vector<RequestPiece> whole;
  whole.push_back({.body = std::move(body), .items = items});
  if (whole[0].body.size() <= most_bytes) return whole;
  Cutter cutter(signal, most_bytes);
  const Opened request = open(whole[0].body, resources_field);
  bool is_bad = request.is_bad || !request.rest.empty();
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

}  // namespace spark::detail::otlp
