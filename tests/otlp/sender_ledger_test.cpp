// A manager whose sink sends: what the ledger and a flush say of what was refused, and how it ends when the collector
// hangs.
#include "fakes/recording_sink.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* canary = "hunter2-hunter2";

// As OtlpSink, with the test's encoder.
class SenderSink final : public Sink {
 public:
  SenderSink(const Settings& settings, detail::otlp::BatchEncoder encoder)
      : sender_(settings, std::move(encoder), system_clock()) {}

  [[nodiscard]] std::string_view name() const noexcept override { return sender_.name(); }
  void write(const Batch& batch) override { sender_.write(batch); }
  void flush(Deadline) override {}
  [[nodiscard]] Refusals take_refusals() override { return sender_.take_refusals(); }
  bool abandon() noexcept override {
    sender_.abandon();
    return true;
  }

 private:
  Sender sender_;
};

class SenderLedger : public SenderTest {
 protected:
  std::unique_ptr<TelemetryManager> make_manager(const std::string& url, Seconds timeout = 20s) {
    OtlpOptions options{.protocol = OtlpProtocol::http_json, .headers = {{"api-key", canary}}, .timeout = timeout};
    const auto config = TelemetryConfig::create_otlp(url, {.otlp = options});
    ManagerSources sources;
    sources.sinks.push_back([this](const TelemetryConfig& of) {
      return std::make_unique<SenderSink>(detail::otlp::resolve_settings(of), encoder.functions());
    });
    return std::make_unique<TelemetryManager>(config, sources);
  }
  static void record_events(TelemetryManager& manager, int count) {
    for (int i = 0; i < count; ++i) manager.record_event({.event_type = "e", .name = "event"});
  }
};

TEST_F(SenderLedger, rejected_records_are_drops_and_the_ledger_balances) {
  HttpServer server(
      http_answer(200, "Content-Type: application/json\r\n",
                  R"({"partialSuccess":{"rejectedLogRecords":3,"errorMessage":"no key hunter2-hunter2"}})"));
  encoder = ScriptedEncoder({"", "", "logs"}, 5);
  const auto manager = make_manager(server.url());
  record_events(*manager, 5);
  const FlushResult flushed = manager->flush(fakes::patience);
  EXPECT_FALSE(flushed.complete());
  const std::string message = server.url() + "/v1/logs: rejected 3 of the log records: no key (secret)";
  EXPECT_EQ(flushed.sinks.at(0).error, message);
  const Stats stats = manager->stats();
  const SinkRow& events = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::event)];
  EXPECT_EQ(events.admitted, 5U);
  EXPECT_EQ(events.exported, 2U);
  EXPECT_EQ(events.dropped[static_cast<std::size_t>(DropReason::rejected)], 3U);
  EXPECT_EQ(stats.sinks[0].last_error, message);
  EXPECT_EQ(stats.sinks[0].name, "otlp " + server.url());
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats.dropped(), 3U);
}

TEST_F(SenderLedger, what_a_collector_refuses_is_dropped_and_said_without_its_secret) {
  HttpServer server(http_answer(401, "Content-Type: application/json\r\n", R"({"message":"no key hunter2-hunter2"})"));
  encoder = ScriptedEncoder({"", "", "logs"}, 5);
  const auto manager = make_manager(server.url());
  record_events(*manager, 5);
  const FlushResult flushed = manager->flush(fakes::patience);
  EXPECT_EQ(flushed.sinks.at(0).error, server.url() + "/v1/logs: HTTP status 401: no key (secret)");
  const Stats stats = manager->stats();
  const SinkRow& events = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::event)];
  EXPECT_EQ(events.dropped[static_cast<std::size_t>(DropReason::sink_error)], 5U);
  EXPECT_TRUE(stats.balanced());
}

TEST_F(SenderLedger, shutdown_ends_a_request_that_hangs) {
  HttpServer server([](const HttpConnection& connection, const HttpRequest&) {
    connection.wait_for_end();
    return false;
  });
  encoder = ScriptedEncoder({"", "", "logs"}, 1);
  const auto manager = make_manager(server.url(), 0s);
  record_events(*manager, 1);
  EXPECT_FALSE(manager->flush(200ms).complete());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(manager->shutdown(200ms).complete());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  // The thread has ended with it, so that what it was about is counted.
  const Stats stats = manager->stats();
  const SinkRow& events = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::event)];
  EXPECT_EQ(events.in_flight, 0U);
  EXPECT_EQ(events.dropped[static_cast<std::size_t>(DropReason::deadline)], 1U);
  EXPECT_THAT(stats.sinks[0].last_error, HasSubstr("nobody waits for it any longer"));
  EXPECT_TRUE(stats.balanced());
}

}  // namespace
}  // namespace spark::testing
