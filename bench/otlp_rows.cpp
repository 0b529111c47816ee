// How many spans a second become OTLP, without sending them: batches of 512 spans of 187 bytes with four attributes, as
// the figures known of other libraries are; the encoder's state is committed each time, as a sink does. Processor time
// of the thread.
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/otlp/encoder.h"
#include "cpu_time.h"
#include "harness.h"
#include "otlp_batch.h"
#include "statistics.h"

namespace spark::bench {
namespace {

using detail::otlp::Encoder;
using detail::otlp::Encoding;
using detail::otlp::Requests;
using detail::otlp::Signal;

Result measure(const std::string& name, Encoding encoding, const Options& options) {
  const auto batch = make_otlp_batch(spans_per_otlp_batch);
  Encoder encoder({.encoding = encoding});
  const int rounds = options.quick ? 200 : 2'000;
  std::size_t bytes = 0;
  std::vector<double> per_second;
  for (int repetition = 0; repetition < 7; ++repetition) {
    const std::int64_t begin = thread_cpu_ns();
    std::size_t encoded_bytes = 0;
    for (int round = 0; round < rounds; ++round) {
      Requests requests = encoder.encode(*batch);
      encoder.commit();
      if (requests.item_count(Signal::traces) != spans_per_otlp_batch)
        throw std::runtime_error("a span was not encoded");
      encoded_bytes += requests.body(Signal::traces).size();
    }
    const double seconds = static_cast<double>(thread_cpu_ns() - begin) * 1e-9;
    per_second.push_back(static_cast<double>(spans_per_otlp_batch) * rounds / seconds);
    bytes = encoded_bytes / static_cast<std::size_t>(rounds);
  }
  Result result{.name = name, .value = median(per_second), .unit = "1/s"};
  result.better = Result::Better::higher;
  result.note = std::to_string(bytes / spans_per_otlp_batch) + " B a span";
  return result;
}

std::vector<Result> encoded_per_second(const Options& options) {
  Result protobuf = measure("otlp_encode_spans_per_s", Encoding::protobuf, options);
  protobuf.target = 6e6;
  return {protobuf, measure("otlp_encode_json_spans_per_s", Encoding::json, options)};
}

}  // namespace

void add_otlp_rows(std::vector<Row>& rows) {
  rows.push_back({{"otlp_encode_spans_per_s", "otlp_encode_json_spans_per_s"}, encoded_per_second});
}

}  // namespace spark::bench
