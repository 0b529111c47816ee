#include "otlp/sender_fixture.h"

#include <cstdlib>
#include <utility>

#include "spark/base/random.h"

namespace spark::testing {

std::shared_ptr<const Batch> make_batch(const Records& records) {
  static Random random(20'250'115);
  BatchBuilder builder(std::make_shared<Resource>(Resource{.service_name = "test"}));
  const TraceId trace{random.next(), random.next()};
  for (int i = 0; i < records.spans; ++i) {
    builder.add(SpanView{.trace_id = trace, .span_id = {random.next()}, .name = "span"});
  }
  for (int i = 0; i < records.trace_ends; ++i) {
    builder.add(TraceView{.is_end = true, .trace_id = {random.next(), random.next()}, .name = "trace"});
  }
  for (int i = 0; i < records.events; ++i) {
    builder.add(EventView{.event_id = RecordId{random.next(), random.next()}, .name = "event"});
  }
  for (int i = 0; i < records.metrics; ++i) {
    builder.add(MetricView{.metric_id = RecordId{random.next(), random.next()}, .name = "metric"});
  }
  return builder.build();
}

ScriptedEncoder::ScriptedEncoder(std::array<std::string, 3> bodies, std::uint64_t items) {
  for (std::size_t i = 0; i < bodies.size(); ++i) requests_.items[i] = bodies[i].empty() ? 0 : items;
  requests_.bodies = std::move(bodies);
}

detail::otlp::BatchEncoder ScriptedEncoder::functions() {
  return {.encode =
              [this](const Batch&) {
                ++encoded_;
                return requests_;
              },
          .commit =
              [this](Signal signal) {
                if (requests_.items[static_cast<std::size_t>(signal)] != 0) committed_.push_back(signal);
              }};
}

Failure failure_of(Sender& sender, const Batch& batch) {
  try {
    sender.write(batch);
    return {};
  } catch (const RetryableError& error) {
    return {.message = error.what(), .code = error.code(), .is_retryable = true, .retry_after = error.retry_after()};
  } catch (const Error& error) {
    return {.message = error.what(), .code = error.code()};
  }
}

SenderTest::SenderTest() { clear_otlp_variables(); }

SenderTest::~SenderTest() { clear_otlp_variables(); }

Sender SenderTest::make_sender(const std::string& url, OtlpOptions options) {
  if (!options.protocol) options.protocol = OtlpProtocol::http_protobuf;
  const auto config = TelemetryConfig::create_otlp(url, {.otlp = std::move(options)});
  return Sender(detail::otlp::resolve_settings(config), encoder.functions(), clock);
}

void clear_otlp_variables() {
  for (const char* const suffix : {"ENDPOINT", "HEADERS", "PROTOCOL", "COMPRESSION", "TIMEOUT", "CERTIFICATE",
                                   "CLIENT_KEY", "CLIENT_CERTIFICATE", "INSECURE", "TEMPORALITY_PREFERENCE"}) {
    for (const char* const signal : {"", "TRACES_", "METRICS_", "LOGS_"}) {
      ::unsetenv((std::string("OTEL_EXPORTER_OTLP_") + signal + suffix).c_str());
    }
  }
  for (const char* const name : {"OTEL_EXPORTER_OTLP_SPAN_INSECURE", "OTEL_EXPORTER_OTLP_METRIC_INSECURE", "http_proxy",
                                 "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    ::unsetenv(name);
  }
}

}  // namespace spark::testing
