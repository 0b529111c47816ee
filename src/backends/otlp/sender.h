// Sender delivers batches: encodes one, sends a request for each signal that it has something for, and keeps account of
// what the server refused. What one signal's server refuses for good does not keep the others from being sent.
//
// A batch that could not be delivered whole, and may be later, is remembered with what is missing of it: written again,
// exactly the same bytes go out, and nothing twice. Owned by one sink; one thread at a time, except for abandon().
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "backends/otlp/batch_encoder.h"
#include "backends/otlp/outcome.h"
#include "backends/otlp/redaction.h"
#include "backends/otlp/request_pieces.h"
#include "backends/otlp/settings.h"
#include "backends/otlp/transport.h"
#include "spark/base/clock.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::otlp {

class Sender {
 public:
  // Throws as Transport does. The clock is for dates in Retry-After and must outlive the sender.
  Sender(const Settings& settings, BatchEncoder encoder, const Clock& clock);

  // "otlp " and where it sends to; nothing of it is secret.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  // "otlp " and to whom it sends: scheme, host, port, and the path where it is not OTLP's usual one, which may be a
  // tenant's. The same however an address is written.
  [[nodiscard]] std::string destination() const;

  // Blocks until every signal was answered, each at most its timeout. Throws RetryableError if writing the batch again
  // may help, another Error if all of it was refused for good, or cancelled after abandon().
  void write(const Batch& batch);

  // Of the last write that returned.
  [[nodiscard]] Refusals take_refusals();

  void abandon() noexcept { transport_.abort(); }

  // What is longer is refused here already, as OTLP asks of clients: no server would take it.
  static constexpr std::size_t longest_request = 64 << 20;
  // What a gRPC server takes unless it was told otherwise; what is longer goes in several calls.
  static constexpr std::size_t longest_call = 4 << 20;
  // How often a signal's request is cut in two because the server refused it, for a batch. One bad record among 10,000
  // is found by 14 cuts; a server that refuses everything is asked so many times more, twice.
  static constexpr std::uint32_t most_cuts = 64;

 private:
  // What became of one signal's request.
  struct Part {
    std::deque<RequestPiece> missing = {};  // not yet answered, in order
    std::uint64_t accepted = 0;             // of the request's items
    std::uint64_t rejected = 0;
    std::uint32_t cuts = 0;  // made because of refusals
    std::string message = {};
    std::optional<Error> refusal = {};  // of a whole piece, for good

    [[nodiscard]] bool is_over() const noexcept { return missing.empty(); }
    [[nodiscard]] bool is_refused() const noexcept { return refusal.has_value() && accepted == 0; }
  };
  struct Delivery {
    Requests requests = {};
    std::array<Part, signals> parts = {};  // by Signal
    std::uint64_t fingerprint = 0;         // of the batch; filled when it has to be remembered
  };

  [[nodiscard]] Delivery begin(const Batch& batch);
  [[nodiscard]] std::optional<RetryableError> send_all(Delivery& delivery);
  // One piece, or what is refused of it in two. `is_answered` becomes true when there was a reply, whatever it says.
  void send(Part& part, Signal signal, bool& is_answered);
  // Replaces the first piece by its halves, if one of them may be taken where both are not.
  [[nodiscard]] bool cut(Part& part, Signal signal, const Error& refusal) const;
  [[nodiscard]] Outcome post(const std::string& body, Signal signal, bool& is_answered);
  void conclude(const Batch& batch, const Delivery& delivery);

  Settings settings_;
  std::string name_;
  std::array<Redaction, signals> redactions_;  // by Signal
  BatchEncoder encoder_;
  const Clock& clock_;
  Transport transport_;
  std::optional<Delivery> unfinished_;
  Refusals refusals_;
};

}  // namespace spark::detail::otlp
