// How many spans a second the receiver takes, from the request to the answer that says they are stored: two senders on
// loopback in this process, requests of 512 spans by HTTP/protobuf, into a SQLite file. Beside it the file's own rate
// for the same batches. Wall time; all of it shares the machine.
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "harness.h"
#include "ingest/receiver.h"
#include "otlp_batch.h"
#include "spark/backends/otlp.h"
#include "spark/backends/sqlite.h"
#include "statistics.h"
#include "temporary_folder.h"

namespace spark::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t senders = 2;

using Batches = std::vector<std::shared_ptr<const Batch>>;

Batches make_batches(std::uint64_t count, std::uint64_t first) {
  Batches batches;
  for (std::uint64_t i = 0; i < count; ++i) {
    batches.push_back(make_otlp_batch(spans_per_otlp_batch, (first + i) * spans_per_otlp_batch));
  }
  return batches;
}

double per_second(std::uint64_t spans, SteadyClock::time_point begin) {
  return static_cast<double>(spans) / std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

double received_per_second(const std::vector<Batches>& of_each_sender, std::uint64_t spans) {
  const TemporaryFolder folder;
  SqliteStore store({.path = folder.file("received.db")});
  detail::ingest::ReceiverOptions options;
  options.http.port = 0;
  detail::ingest::Receiver receiver(store, options);
  const auto begin = SteadyClock::now();
  std::vector<std::thread> threads;
  for (const Batches& batches : of_each_sender) {
    threads.emplace_back([&] {
      OtlpSink sink(TelemetryConfig::create_otlp(receiver.url(), {.otlp = {.protocol = OtlpProtocol::http_protobuf}}));
      for (const auto& batch : batches) sink.write(*batch);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double rate = per_second(spans, begin);
  receiver.stop(Seconds{10});
  const auto stored = receiver.stats().stored[static_cast<std::size_t>(RecordKind::span)];
  if (stored != spans) throw std::runtime_error(std::to_string(spans - stored) + " spans were not stored");
  return rate;
}

double stored_per_second(const std::vector<Batches>& of_each_sender, std::uint64_t spans) {
  const TemporaryFolder folder;
  SqliteStore store({.path = folder.file("stored.db")});
  const auto begin = SteadyClock::now();
  for (const Batches& batches : of_each_sender) {
    for (const auto& batch : batches) store.write(*batch);
  }
  return per_second(spans, begin);
}

std::vector<Result> receive_http(const Options& options) {
  const std::uint64_t requests = options.quick ? 100 : 400;
  std::vector<Batches> batches;
  for (std::uint64_t i = 0; i < senders; ++i) batches.push_back(make_batches(requests, i * requests));
  const std::uint64_t spans = senders * requests * spans_per_otlp_batch;
  std::vector<double> received, stored;
  for (int i = 0; i < (options.quick ? 3 : 7); ++i) {
    received.push_back(received_per_second(batches, spans));
    stored.push_back(stored_per_second(batches, spans));
  }
  Result result{.name = "receive_http_spans_per_s", .value = median(received), .unit = "1/s"};
  result.target = 1e5;
  result.better = Result::Better::higher;
  result.note = std::to_string(static_cast<int>(100 * median(received) / median(stored))) +
                " % of what the file takes of the same batches, " +
                std::to_string(static_cast<std::uint64_t>(median(stored))) + "/s";
  return {result};
}

}  // namespace

void add_receive_rows(std::vector<Row>& rows) { rows.push_back({{"receive_http_spans_per_s"}, receive_http}); }

}  // namespace spark::bench
