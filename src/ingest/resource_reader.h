// Who recorded (Resource) and with what (InstrumentationScope), which stand around the records of a request.
#pragma once

#include <string_view>
#include <vector>

#include "ingest/content_id.h"
#include "ingest/value_reader.h"
#include "spark/telemetry/records.h"

namespace spark::detail::ingest {

// Of a Resource's bytes. The inverse of backends/otlp/resource.h for what this library wrote; of others, what has no
// field of its own is metadata under its own name. Counts what it cuts.
[[nodiscard]] Resource read_resource(std::string_view bytes, const Limits& limits, Cuts& cuts);

struct Scope {
  bool is_ours = false;  // this library recorded what is in it
  std::string_view name = {};
  std::string_view version = {};
  Value attributes = {};  // an object, or null
  RecordId sender = {};   // of the resource
  ContentHash hash = {};  // of the resource and of the scope

  std::vector<AttributeView> said = {};  // of each record; see say()
  std::size_t said_bytes = 0;            // that these take wherever a record is written
};

// The name and version live as long as `bytes`.
[[nodiscard]] Scope read_scope(std::string_view resource, std::string_view bytes, ValueReader& values);

// Puts what the scope says of its records into the batch, once for all of them: scope.said.
void say(Scope& scope, ValueReader& values);

}  // namespace spark::detail::ingest
