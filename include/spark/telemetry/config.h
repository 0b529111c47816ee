// TelemetryConfig says what is recorded and where it goes. A plain value: fill it by designated initializers or start
// from one of the create_ functions; nothing is opened until a manager is made of it. validate() runs then; a value out
// of range throws Error(invalid_argument) naming field and value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spark/base/clock.h"
#include "spark/base/secret.h"
#include "spark/base/value.h"
#include "spark/telemetry/otlp_options.h"
#include "spark/telemetry/reliable_options.h"

namespace spark {

enum class Backend : std::uint8_t { memory, sqlite, postgresql, otlp, multi, noop };
[[nodiscard]] std::string_view to_string(Backend) noexcept;

// What a completed flush of a Store means.
enum class Durability : std::uint8_t {
  process,  // survives the death of the process
  power,    // survives a power cut: one fsync a write
};

// How much one record may hold. What is beyond is cut and counted in Stats, never an error.
struct Limits {
  std::uint32_t attributes_per_record = 128;  // 0 to 10,000
  std::uint32_t key_bytes = 256;              // 8 to 32,767
  std::uint32_t string_bytes = 8 * 1024;  // longer ones are cut; their size is kept as attribute "<key>.original_bytes"
  std::uint32_t depth = 32;               // of nested arrays and objects, 0 to 60
  std::uint32_t events_per_span = 128;    // 0 to 10,000

  bool operator==(const Limits&) const = default;
};

// One value about to leave the process. `path` is the attribute's key, with the keys of nested objects appended by
// dots, or "name", "status_message", "error_type", "event_type", "unit" for a record's own text, "graph_id" and
// "version" for a graph's, "service_name", "service_version" and "host_name" for the resource's (is_attribute is then
// false). Keys themselves are not given: secrets belong into values.
struct RedactedField {
  std::string_view path;
  bool is_attribute;
  Value& value;  // change it in place
};
// Called on the drainer's thread for every text and attribute, the configuration's metadata included, before any sink
// sees it. If it throws, the record is dropped and counted (of the metadata: left out). Must not keep references.
using Redactor = std::function<void(RedactedField)>;

struct TelemetryConfig {
  // The specification's table, in its order.
  Backend backend = Backend::memory;
  double sampling_rate = 1.0;       // share of traces kept, 0 to 1; decided by the trace id, alike in every process
  std::uint32_t buffer_size = 100;  // unread records of a thread that wake the exporter, 1 to 1,000,000
  Seconds export_interval{5.0};     // at the latest after this the exporter runs, 0.001 s to 1 day
  bool enable_traces = true;        // false: no traces and spans are stored; ids and context still flow
  bool enable_events = true;
  bool enable_metrics = true;
  Object metadata = {};  // merged into every trace's attributes and into the Resource

  // Where.
  std::string db_path = "telemetry.db";  // sqlite
  Secret connection_string = {};         // postgresql; empty: libpq's environment
  // otlp: http[s]://HOST[:PORT][/PATH], the base of the signals' own paths. Empty: OTEL_EXPORTER_OTLP_ENDPOINT and its
  // forms for each signal, else http://localhost:4317, or :4318 where the protocol is HTTP.
  std::string endpoint = {};
  OtlpOptions otlp = {};
  ReliableOptions reliable = {};               // otlp, postgresql: what is done when the other side is away
  std::vector<TelemetryConfig> children = {};  // multi

  // Who. Empty: OTEL_SERVICE_NAME, else what OTEL_RESOURCE_ATTRIBUTES says (service.name, service.version); without
  // either, service_name is the program's file name.
  std::string service_name = {};
  std::string service_version = {};

  // How well.
  Durability durability = Durability::process;
  std::size_t memory_store_bytes = 256 << 20;  // memory backend: then the oldest ended traces go, 1 MiB or more
  // How long what is stored stays (sqlite; postgresql by age alone). The oldest traces go first, with all that belongs
  // to them; both may be set.
  Seconds retention_age{0};         // since a trace ended, looked at once a minute; 0: for ever
  std::size_t retention_bytes = 0;  // of a SQLite file, without what is free in it; 0: no bound, else 1 MiB or more

  // What of payloads.
  bool capture_outputs = true;                    // node outputs, as attribute "outputs"
  bool capture_inputs = false;                    // node inputs, as attribute "inputs"
  std::shared_ptr<const Redactor> redactor = {};  // shared configurations compare by this pointer
  Limits limits = {};

  // Bounds of memory.
  std::size_t ring_bytes = 64 << 10;        // a thread's first ring, power of two, 4 KiB to 64 MiB
  std::size_t ring_bytes_total = 64 << 20;  // all rings and spilled records of a manager
  std::size_t queue_bytes = 64 << 20;       // of batches waiting for one sink, and of the one it writes
  std::uint32_t live_traces = 65'536;       // traces started and not ended; the oldest is forgotten first

  bool self_metrics = false;  // also record the ledger as otel.sdk.* metrics, each export_interval

  // The backends, each with the defaults above; `options` gives all other fields:
  //   TelemetryConfig::create_sqlite("telemetry.db", {.sampling_rate = 0.1})
  [[nodiscard]] static TelemetryConfig create_memory();
  [[nodiscard]] static TelemetryConfig create_memory(TelemetryConfig options);
  [[nodiscard]] static TelemetryConfig create_sqlite(std::string db_path = "telemetry.db");
  [[nodiscard]] static TelemetryConfig create_sqlite(std::string db_path, TelemetryConfig options);
  [[nodiscard]] static TelemetryConfig create_postgresql(Secret connection_string = {});
  [[nodiscard]] static TelemetryConfig create_postgresql(Secret connection_string, TelemetryConfig options);
  [[nodiscard]] static TelemetryConfig create_otlp(std::string endpoint = {});
  [[nodiscard]] static TelemetryConfig create_otlp(std::string endpoint, TelemetryConfig options);
  // Every record goes to each child. The first that stores answers queries. Fields of the manager (sampling_rate,
  // buffer_size, enable_…, …) are given here; a child that sets one is an error naming it.
  [[nodiscard]] static TelemetryConfig create_multi(std::vector<TelemetryConfig> children);
  [[nodiscard]] static TelemetryConfig create_multi(std::vector<TelemetryConfig> children, TelemetryConfig options);
  [[nodiscard]] static TelemetryConfig create_noop();

  // SPARK_TELEMETRY = memory: | sqlite:PATH | postgresql://… | otlp://HOST:PORT | off, several with commas between;
  // otlp: alone is where OTEL_EXPORTER_OTLP_… say; unset or empty is memory. SPARK_TELEMETRY_SPOOL is the
  // reliable.spool_path of the otlp or postgresql destination. Throws Error(invalid_argument) for what it does not
  // understand. OTEL_SERVICE_NAME, OTEL_TRACES_SAMPLER (always_on, always_off, traceidratio with
  // OTEL_TRACES_SAMPLER_ARG, parentbased_ forms) and OTEL_SDK_DISABLED=true are obeyed; ignored with a warning if not
  // understood. (OTEL_RESOURCE_ATTRIBUTES counts for every manager, however it was configured: below `metadata`, and
  // below service_name and service_version.)
  [[nodiscard]] static TelemetryConfig from_environment();

  // Throws Error(invalid_argument) naming the first field that is out of range, and its value.
  void validate() const;

  bool operator==(const TelemetryConfig&) const = default;
};

}  // namespace spark
