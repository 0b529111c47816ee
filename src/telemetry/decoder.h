// Decoder turns records, as rings hold them, into the views of a batch: ticks become time, texts are made storable
// UTF-8, keys given twice keep their last value, metadata joins traces, the redactor has its say. The drainer's; one
// thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "interner.h"
#include "record_format.h"
#include "spark/telemetry/batch.h"
#include "spark/telemetry/config.h"
#include "tick_clock.h"

namespace spark::detail {

class Decoder {
 public:
  Decoder(const TelemetryConfig& config, std::shared_ptr<const Resource> resource, const TickClock& clock);

  enum class Outcome { admitted, redactor_threw, out_of_memory };
  // Adds the record to the builder and takes over the Values it owns, whatever the outcome. `distribution` goes with a
  // metric. A record that is not admitted may leave memory in the builder's batch.
  [[nodiscard]] Outcome decode(const std::byte* record, std::size_t size_bytes,
                               std::unique_ptr<const Distribution> distribution = nullptr) noexcept;

  [[nodiscard]] BatchBuilder& builder() noexcept { return builder_; }
  [[nodiscard]] EventId next_record_id() noexcept { return RecordId::make(resource_->producer_id, ++sequence_); }
  [[nodiscard]] std::uint64_t texts_repaired() const noexcept {
    return texts_repaired_.load(std::memory_order_relaxed);
  }

 private:
  // The entries of a record, sorted by what they are for.
  struct Parts {
    std::string_view name, status_message, error_type, event_type, unit, graph_hash;
    std::vector<AttributeView> attributes;
    struct SpanEvent {
      std::string_view name;
      std::uint64_t ticks;
      std::size_t first_attribute;  // in event_attributes
    };
    std::vector<SpanEvent> events;
    std::vector<AttributeView> event_attributes;
    std::uint64_t key_bits = 0;        // of attributes; see Decoder::put
    std::uint64_t event_key_bits = 0;  // of the last event's attributes
    bool has_cut = false;              // an attribute before was cut

    void clear() noexcept;
  };

  void add(const std::byte* record, std::size_t size_bytes);
  void add_graph(const GraphHead& head);
  void add_trace(const TraceHead& head);
  void add_span(const SpanHead& head);
  void read_parts(const std::byte* record, std::size_t size_bytes, std::size_t head_bytes);
  void read_entry(const Entry& entry);
  void add_metadata();
  // True if the key was there and its value was replaced.
  static bool put(std::vector<AttributeView>& list, std::size_t first, std::uint64_t& key_bits, std::string_view key,
                  ValueView value);
  [[nodiscard]] AttributesView attributes_from(const std::vector<AttributeView>& list, std::size_t first,
                                               std::size_t last);
  [[nodiscard]] std::string_view key_of(const Entry& entry);
  [[nodiscard]] std::string_view text_of(const Entry& entry);
  [[nodiscard]] ValueView value_of(const Entry& entry);
  [[nodiscard]] std::string_view literal(std::string_view text);
  [[nodiscard]] std::string_view storable_copy(std::string_view text);
  [[nodiscard]] std::string_view redacted_text(std::string_view path, std::string_view text);
  void redact(std::vector<AttributeView>& list);

  const TelemetryConfig& config_;
  const TickClock& clock_;
  const std::shared_ptr<const Resource> resource_;
  std::uint64_t sequence_ = 0;
  std::atomic<std::uint64_t> texts_repaired_{0};
  Interner interner_;
  BatchBuilder builder_;
  Parts parts_;
  std::unique_ptr<const Distribution> distribution_;  // of the metric being decoded
};

}  // namespace spark::detail
