// RemoteContext is what a request brought along from another process: its span, its tracestate, its baggage. A value;
// extract() (spark/propagation/propagate.h) makes it of a request's headers, and RemoteScope lets work run below it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spark/propagation/baggage.h"
#include "spark/propagation/trace_parent.h"
#include "spark/propagation/trace_state.h"

namespace spark {

struct RemoteContext {
  std::optional<TraceParent> parent = {};  // empty: a trace begins here
  TraceState state = {};                   // empty without a parent
  Baggage baggage = {};                    // independent of both

  bool operator==(const RemoteContext&) const = default;
};

// Collects the headers of one request, in their order, and reads them together. Malformed ones never are an error: what
// cannot be understood did not come.
class RemoteContextReader {
 public:
  // Names other than the three are passed over; they have no case.
  void add(std::string_view name, std::string_view value);
  // No parent if there were several, or one that is malformed; the state is then not looked at.
  [[nodiscard]] RemoteContext finish() const;

 private:
  std::vector<std::string> parents_, states_, baggages_;
};

}  // namespace spark
