#include "spark/propagation/remote_context.h"

#include <algorithm>

#include "propagation/header_text.h"

namespace spark {

namespace {

bool is_name(std::string_view name, std::string_view lower) noexcept {
  return std::equal(name.begin(), name.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

std::vector<std::string_view> views_of(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

}  // namespace

void RemoteContextReader::add(std::string_view name, std::string_view value) {
  // Most headers are others: their length says so.
  if (name.size() == 11 && is_name(name, "traceparent")) {
    parents_.emplace_back(value);
  } else if (name.size() == 10 && is_name(name, "tracestate")) {
    states_.emplace_back(value);
  } else if (name.size() == 7 && is_name(name, "baggage")) {
    baggages_.emplace_back(value);
  }
}

RemoteContext RemoteContextReader::finish() const {
  RemoteContext context;
  if (parents_.size() == 1) context.parent = TraceParent::parse(detail::trimmed(parents_.front()));
  if (context.parent && !states_.empty()) context.state = TraceState::parse(views_of(states_)).value_or(TraceState());
  if (!baggages_.empty()) context.baggage = Baggage::parse(views_of(baggages_));
  return context;
}

}  // namespace spark
