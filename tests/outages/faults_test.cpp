// A manager that sends to a collector which answers every fault there is, and is well afterwards: what may be sent
// again arrives, what may not is dropped and counted, and the ledger balances in each case.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "otlp/otlp_text.h"
#include "otlp/sender_fixture.h"
#include "otlp/sender_http_server.h"
#include "spark/telemetry/manager.h"

namespace spark::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view protobuf_type = "Content-Type: application/x-protobuf\r\n";
constexpr std::uint64_t spans = 3;

// What the collector does to a request; false: the connection ends.
using Fault = std::function<bool(const HttpConnection& connection)>;

struct Case {
  std::string name;
  Fault fault;
  enum class End { delivered, dropped } end = End::delivered;
  // Of whatever is sent: parts of what is refused for its size or its data are sent by themselves.
  bool is_for_ever = false;
};

Fault answer(int status, std::string headers = {}, std::string body = {}) {
  return
      [whole = http_answer(status, headers, body)](const HttpConnection& connection) { return connection.send(whole); };
}

std::vector<Case> all_cases() {
  using enum Case::End;
  // ExportTraceServiceResponse: partial_success { rejected_spans: 3, error_message: "no" }.
  const std::string all_rejected("\x0a\x06\x08\x03\x12\x02no", 8);
  const std::string whole = http_answer(200, protobuf_type, "0123456789");
  return {
      {"partial success", answer(200, std::string(protobuf_type), all_rejected), dropped},
      {"400", answer(400), dropped, true},
      {"401", answer(401), dropped},
      {"403", answer(403), dropped},
      {"404", answer(404), dropped},
      {"413", answer(413), dropped, true},
      {"429 now", answer(429, "Retry-After: 0\r\n"), delivered},
      {"429 for ever", answer(429, "Retry-After: 99999999999999999999\r\n"), delivered},
      {"503 in a second", answer(503, "Retry-After: 1\r\n"), delivered},
      {"503 before now", answer(503, "Retry-After: -5\r\n"), delivered},
      {"503 at a date that was", answer(503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), delivered},
      {"503 at a far date", answer(503, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"), delivered},
      {"503 at nonsense", answer(503, "Retry-After: soon\r\n"), delivered},
      {"502", answer(502), delivered},
      {"504", answer(504), delivered},
      {"closed without a word", [](const HttpConnection&) { return false; }, delivered},
      {"reset",
       [](const HttpConnection& connection) {
         connection.reset();
         return false;
       },
       delivered},
      {"reset in mid-reply",
       [half = whole.substr(0, whole.size() - 5)](const HttpConnection& connection) {
         connection.send(half);
         connection.reset();
         return false;
       },
       delivered},
      {"half a reply",
       [half = whole.substr(0, 30)](const HttpConnection& connection) {
         connection.send(half);
         return false;
       },
       delivered},
      {"hangs",
       [](const HttpConnection& connection) {
         connection.wait_for_end();
         return false;
       },
       delivered},
      {"slow bytes", [](const HttpConnection& connection) { return connection.send_slowly(http_answer(200), 1); },
       delivered},
  };
}

class Outage : public ::testing::Test {
 protected:
  Outage() { clear_otlp_variables(); }

  // With the retries of production, but for their times.
  static TelemetryConfig config(const std::string& url) {
    return TelemetryConfig::create_otlp(
        url, {.otlp = {.protocol = OtlpProtocol::http_protobuf, .timeout = 500ms},
              .reliable = {
                  .initial_backoff = 20ms, .max_backoff = 200ms, .max_retry_after = 100ms, .probe_interval = 50ms}});
  }
};

// The spans in all requests that were answered well.
std::uint64_t span_count(const std::vector<std::string>& bodies) {
  std::uint64_t count = 0;
  for (const std::string& body : bodies) {
    const std::string lines = parts(text_of_protobuf("ExportTraceServiceRequest", body), "spans");
    count += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
  }
  return count;
}

TEST_F(Outage, each_fault_ends_as_the_protocol_says_and_the_ledger_balances) {
  for (const Case& fault : all_cases()) {
    SCOPED_TRACE(fault.name);
    std::atomic<int> faults{0};
    std::vector<std::string> taken;  // by the server's one thread, which has ended when it is read
    Stats stats;
    {
      HttpServer server([&](const HttpConnection& connection, const HttpRequest& request) {
        // Twice, so that a second attempt meets it too.
        const int most = fault.end == Case::End::dropped ? 1 : 2;
        if (fault.is_for_ever || faults < most) {
          ++faults;
          if (fault.name == "slow bytes") taken.push_back(request.body);
          return fault.fault(connection);
        }
        taken.push_back(request.body);
        return connection.send(http_answer(200, protobuf_type));
      });
      TelemetryManager manager(config(server.url()));
      const TraceId trace{1, 1};
      for (std::uint64_t i = 0; i < spans; ++i) manager.start_span("step", trace).end();
      const FlushResult flushed = manager.flush(60s);
      EXPECT_EQ(flushed.complete(), fault.end == Case::End::delivered);
      (void)manager.shutdown(60s);
      stats = manager.stats();
    }
    EXPECT_GE(faults, 1);
    EXPECT_TRUE(stats.balanced());
    const SinkRow& row = stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)];
    EXPECT_EQ(row.admitted, spans);
    EXPECT_EQ(row.exported, fault.end == Case::End::delivered ? spans : 0) << stats.sinks.at(0).last_error;
    EXPECT_EQ(stats.dropped(), fault.end == Case::End::dropped ? spans : 0);
    EXPECT_EQ(span_count(taken), fault.end == Case::End::delivered ? spans : 0);
  }
}

TEST_F(Outage, a_collector_that_comes_up_late_gets_everything) {
  const std::uint16_t port = free_port();
  TelemetryManager manager(config("http://127.0.0.1:" + std::to_string(port)));
  for (std::uint64_t i = 0; i < spans; ++i) manager.start_span("step", TraceId{1, 1}).end();
  EXPECT_FALSE(manager.flush(300ms).complete());
  EXPECT_EQ(manager.stats().sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)].exported, 0U);
  HttpServer server(http_answer(200, protobuf_type), port);
  EXPECT_TRUE(manager.flush(60s).complete());
  const Stats stats = manager.stats();
  EXPECT_TRUE(stats.balanced());
  EXPECT_EQ(stats.sinks.at(0).rows[static_cast<std::size_t>(RecordKind::span)].exported, spans);
}

TEST_F(Outage, a_reply_of_a_gibibyte_is_not_taken_in) {
  std::atomic<std::uint64_t> sent{0};
  {
    HttpServer server([&](const HttpConnection& connection, const HttpRequest&) {
      constexpr std::uint64_t gibibyte = 1 << 30;
      if (!connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(gibibyte) + "\r\n\r\n")) return false;
      const std::string piece(1 << 20, '\0');
      while (sent < gibibyte && connection.send(piece)) sent += piece.size();
      return false;
    });
    TelemetryManager manager(config(server.url()));
    manager.start_span("step", TraceId{1, 1}).end();
    (void)manager.flush(5s);
    (void)manager.shutdown(1s);
    EXPECT_TRUE(manager.stats().balanced());
  }
  // What the limit of 4 MiB and the sockets' buffers hold, several times over if it was tried again.
  EXPECT_LT(sent, std::uint64_t{512} << 20);
}

}  // namespace
}  // namespace spark::testing
