// Receiver takes what OpenTelemetry programs send by OTLP/HTTP (POST /v1/traces, /v1/metrics, /v1/logs; protobuf or
// JSON, plain or packed by gzip) into a Store. It answers 200 only for what the store has, and refuses while it still
// has the memory to do so.
//
// Whoever makes it owns it; the store must outlive it, and others may query it meanwhile. It has threads of its own
// (http/server.h) and writes on the process's pool for blocking work (spark/async/blocking.h), one request at a time:
// stores take one write at a time, and so only one request is unpacked and decoded in memory.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "ingest/known_senders.h"
#include "ingest/otlp_decoder.h"
#include "spark/base/clock.h"
#include "spark/telemetry/sink.h"

namespace spark::detail::ingest {

inline constexpr std::uint16_t otlp_http_port = 4318;  // opentelemetry-proto, docs/specification.md, "OTLP/HTTP"

struct ReceiverOptions {
  http::ServerOptions http = {.port = otlp_http_port};
  DecoderOptions decoder = {};
  std::size_t unpacked_bytes = 64 << 20;  // of a packed body; more is 413. As many as a plain body may have
  // At once, the one that is being stored included; further ones are asked to come again, since their clients would
  // have given up before it was their turn.
  std::size_t requests_waiting = 256;
  Seconds retry_after{1};  // what clients are asked to wait when the store does not take it
  // Told of each failure of the store, from any thread; what it throws is dropped. It must not stop the receiver, which
  // waits for it.
  std::function<void(std::string_view what)> on_error = {};
  // Whose web pages may send: "https://shop.example". Requests of others' are refused, since browsers send what any
  // page tells them to, also to this machine. Programs that are no browsers name no origin, and may always.
  std::vector<std::string> allowed_origins = {};
};

struct ReceiverStats {
  // Records that the store has, by RecordKind; those that were sent again included.
  std::array<std::uint64_t, record_kinds> stored = {};
  std::uint64_t requests = 0;        // that were stored, or had nothing in them
  std::uint64_t items_rejected = 0;  // of those: spans, data points, log records that cannot be stored
  // Of those: see Decoded::standing; what these counted is not stored. One that was sent again counts again.
  std::uint64_t points_standing = 0;
  std::uint64_t requests_refused = 0;  // for good: not OTLP, too large, of a web page that may not send
  std::uint64_t store_failures = 0;    // the client was asked to send it again
  http::Stats http = {};
};

class Receiver {
 public:
  // Listens and serves when this returns. Throws as http::Server does.
  Receiver(Store& store, ReceiverOptions options, Clock& clock = system_clock());

  // "http://127.0.0.1:4318": where it really listens.
  [[nodiscard]] const std::string& url() const noexcept { return server_.url(); }
  // As http::Server::stop; what was answered is stored.
  bool stop(Seconds deadline) { return server_.stop(deadline); }
  [[nodiscard]] ReceiverStats stats() const;

 private:
  struct Kind {
    Signal signal;
    Encoding encoding;
    bool is_packed;
  };

  [[nodiscard]] Task<http::Response> answer(const http::Request& request);
  [[nodiscard]] Task<http::Response> answer_page(const http::Request& request, std::string_view origin);
  [[nodiscard]] Task<http::Response> answer_export(const http::Request& request);
  [[nodiscard]] http::Response take(const Kind& kind, std::string_view body);
  [[nodiscard]] http::Response store_all(const Kind& kind, std::string_view body);
  [[nodiscard]] http::Response refuse(Encoding encoding, int status, std::int32_t code, std::string_view why);
  [[nodiscard]] http::Response ask_to_retry(Encoding encoding, std::string_view why);

  Store& store_;
  const ReceiverOptions options_;
  Clock& clock_;
  KnownSenders senders_;
  OtlpDecoder decoder_;
  std::mutex write_mutex_;
  std::atomic<std::size_t> waiting_{0};
  mutable std::mutex stats_mutex_;
  ReceiverStats stats_;
  http::Server server_;  // last: its threads use all of the above
};

}  // namespace spark::detail::ingest
